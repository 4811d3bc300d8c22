import { describe, expect, test } from "vitest";
import { parseServerFrame } from "./chatFrame";

const parse = (fields: unknown) => parseServerFrame(JSON.stringify(fields));

describe("a frame from the chat", () => {
  test("welcome names us", () => {
    expect(parse({ type: "welcome", session: "s1", user: "ada", heartbeat: 20 })).toEqual({
      type: "welcome",
      session: "s1",
      user: "ada",
      heartbeatSeconds: 20,
    });
  });

  test("a message without a position has no place and is none", () => {
    expect(parse({ type: "message", room: "lobby", position: "5", text: "x" })).toBeUndefined();
  });

  test("a deleted message has no text", () => {
    const messages = [{ position: "aaaa-1", cid: "c", user: "ada", deleted: true, time: 1 }];
    expect(parse({ type: "history", room: "lobby", messages, more: true })).toMatchObject({
      more: true,
      messages: [{ deleted: true, text: "", edited: false }],
    });
  });

  test("members are names, alone or in objects", () => {
    const frame = { type: "joined", room: "lobby", members: ["ada", { user: "bob" }, 7, {}] };
    expect(parse(frame)).toMatchObject({ members: ["ada", "bob"] });
  });

  test("a type of a later version is kept for its position", () => {
    expect(parse({ type: "pinned", room: "lobby", position: "aaaa-9" })).toEqual({
      type: "other",
      room: "lobby",
      position: { epoch: "aaaa", offset: 9n },
    });
  });

  test.each(["", "[]", "null", "{", "7", new ArrayBuffer(2)])("is not %j", (text) => {
    expect(parseServerFrame(text)).toBeUndefined();
  });
});
