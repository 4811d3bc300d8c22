import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Memory } from "./memory";
import { unreadOf } from "./rooms/unread";
import { stage, stored } from "./testing/chatStage";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a conversation", () => {
  test("joins after welcome, without a position the first time", () => {
    const { line, talk } = stage();
    expect(line().sent).toEqual([]);
    line().welcome("ada-7f");
    expect(line().sent).toEqual([{ type: "join", room: "lobby" }]);
    expect(talk.user).toBe("ada-7f");
  });

  test("resumes after the last message delivered, not after its own ack", () => {
    const { line, talk, joinLobby } = stage();
    joinLobby();
    line().say("message", stored(5, "x"));
    talk.post("mine");
    line().say("ack", { cid: "cid-1", position: "aaaa-8" });
    line().end(1006);
    vi.advanceTimersByTime(500);
    line().welcome();
    expect(line().sent).toEqual([{ type: "join", room: "lobby", after: "aaaa-5" }]);
  });

  test("sends again what was not confirmed, under the same cid, once joined", () => {
    const { line, talk, joinLobby } = stage();
    joinLobby();
    talk.post("stored, its ack lost");
    talk.post("lost on the way");
    line().end(1006);
    talk.post("written while away");
    vi.advanceTimersByTime(500);
    line().welcome();
    expect(line().of("post")).toEqual([]);
    line().say("joined", { resumed: true, messages: [stored(2, "cid-1")], head: "aaaa-2" });
    expect(line().of("post")).toEqual([
      { type: "post", room: "lobby", cid: "cid-2", text: "lost on the way" },
      { type: "post", room: "lobby", cid: "cid-3", text: "written while away" },
    ]);
  });

  test("changes the connection when an ack doesn't come, and says so after three tries", () => {
    const { line, lines, talk, joinLobby } = stage(() => 0);
    joinLobby();
    talk.post("hello");
    for (let attempt = 2; attempt <= 3; attempt++) {
      vi.advanceTimersByTime(10_001);
      expect(lines).toHaveLength(attempt);
      joinLobby({ resumed: true });
      expect(line().of("post")).toMatchObject([{ cid: "cid-1" }]);
      line().say("message", stored(attempt, "somebody else's"));
    }
    vi.advanceTimersByTime(10_001);
    expect(talk.room.posts).toMatchObject([{ state: "failed", reason: "No answer" }]);
  });

  test("a refused post fails with its reason and goes out again when asked", () => {
    const { line, talk, joinLobby } = stage();
    joinLobby();
    talk.post("hello");
    line().say("error", { cid: "cid-1", code: "rate", message: "slow down", retryable: true });
    expect(talk.room.posts).toMatchObject([{ state: "failed", reason: "slow down" }]);
    talk.retry("cid-1");
    expect(
      line()
        .of("post")
        .map((post) => post["cid"]),
    ).toEqual(["cid-1", "cid-1"]);
  });

  test("an error without a post is shown until the next welcome", () => {
    const { line, talk, joinLobby } = stage();
    joinLobby();
    line().say("error", { code: "history_unavailable", message: "", retryable: true });
    expect(talk.notice).toContain("Older messages can't be loaded now");
    joinLobby();
    expect(talk.notice).toBe("");
  });

  test("a gap is followed by a look into history", () => {
    const { line, joinLobby } = stage();
    joinLobby();
    line().say("gap", { from: 2, to: 9, reason: "slow" });
    expect(line().of("history")).toEqual([{ type: "history", room: "lobby", limit: 100 }]);
  });

  test("another room is joined on the same connection, and the first one stays joined", () => {
    const { line, talk, joinLobby } = stage();
    joinLobby();
    line().say("message", stored(5, "x"));
    talk.enter("attic");
    line().say("joined", { room: "attic", resumed: false, messages: [] });
    line().say("message", { ...stored(6, "y"), room: "attic" });
    line().say("message", stored(7, "z"));
    talk.enter("lobby");
    expect(line().sent.slice(1)).toEqual([{ type: "join", room: "attic" }]);
    expect(talk.room.messages).toHaveLength(2);
  });

  test("all rooms are resumed on a new connection", () => {
    const { line, talk, joinLobby } = stage();
    joinLobby();
    talk.enter("attic");
    line().say("joined", { room: "attic", resumed: false, messages: [], head: "aaaa-4" });
    line().end(1006);
    vi.advanceTimersByTime(500);
    line().welcome();
    expect(line().sent).toEqual([
      { type: "join", room: "lobby", after: "aaaa-1" },
      { type: "join", room: "attic", after: "aaaa-4" },
    ]);
  });

  test("a twenty-first room is entered in the place of the one least lately read", () => {
    const { line, talk, joinLobby } = stage();
    joinLobby();
    for (let at = 1; at <= 20; at++) talk.enter(`room-${at}`);
    expect(talk.rooms).toHaveLength(20);
    expect(line().of("leave")).toEqual([{ type: "leave", room: "lobby" }]);
  });

  test("a room with something unsent isn't the one that makes place", () => {
    const { line, talk, joinLobby } = stage();
    joinLobby();
    talk.post("on its way");
    for (let at = 1; at <= 20; at++) talk.enter(`room-${at}`);
    expect(line().of("leave")).toEqual([{ type: "leave", room: "room-1" }]);
    expect(talk.rooms[0]?.posts).toMatchObject([{ text: "on its way", state: "pending" }]);
  });

  test("leaving a room with something unsent is warned of, and done when asked again", () => {
    const { line, talk, joinLobby } = stage();
    joinLobby();
    talk.enter("attic");
    line().end(1006);
    talk.post("to the attic");
    talk.leave("attic");
    expect(talk.notice).toContain("1 thing you wrote in attic");
    expect(talk.room.name).toBe("attic");
    expect(talk.room.posts).toHaveLength(1);
    talk.leave("attic");
    expect(talk.rooms.map((room) => room.name)).toEqual(["lobby"]);
    expect(talk.notice).toBe("");
    vi.advanceTimersByTime(500);
    joinLobby({ resumed: true });
    expect(line().of("post")).toEqual([]);
  });

  test("a room whose posts have arrived is left at once", () => {
    const { line, talk, joinLobby } = stage();
    joinLobby();
    talk.enter("attic");
    line().say("joined", { room: "attic", resumed: false, messages: [] });
    talk.post("hello");
    line().say("ack", { room: "attic", cid: "cid-1", position: "aaaa-8" });
    talk.leave("attic");
    expect(line().of("leave")).toEqual([{ type: "leave", room: "attic" }]);
  });

  test("posts of the page before go out again under their own cids", () => {
    const memory = new Memory(undefined, undefined);
    const post = { cid: "before", text: "late", state: "pending", sentBy: "ada", firstSentAt: 1 };
    memory.posts = JSON.stringify({ lobby: [{ ...post, firstSentAt: Date.now() }] });
    const { line, joinLobby } = stage(() => 1, memory);
    joinLobby({ messages: [] });
    expect(line().of("post")).toEqual([
      { type: "post", room: "lobby", cid: "before", text: "late" },
    ]);
    line().say("ack", { cid: "before", position: "aaaa-3" });
  });

  test("in a room that was empty the first message is unread", () => {
    const { line, talk, joinLobby } = stage();
    joinLobby({ messages: [], head: "aaaa-7" });
    talk.enter("attic");
    line().say("message", stored(8, "x"));
    const lobby = talk.rooms[0];
    expect(lobby && unreadOf(lobby, "ada").messages).toBe(1);
  });

  test("what others say where one doesn't look is unread, until one does", () => {
    const { line, talk, joinLobby } = stage();
    joinLobby({ messages: [stored(1, "old")] });
    talk.enter("attic");
    line().say("message", { ...stored(5, "x"), text: "ada, come back" });
    line().say("message", stored(6, "y"));
    const lobby = talk.rooms[0];
    expect(lobby && unreadOf(lobby, "ada")).toEqual({ messages: 2, mentions: 1 });
    talk.enter("lobby");
    talk.look();
    expect(unreadOf(talk.room, "ada")).toEqual({ messages: 0, mentions: 0 });
  });

  test("a change is sent again until its ack, and a refusal says why", () => {
    const { line, talk, joinLobby } = stage();
    joinLobby();
    talk.alter({ type: "react", position: "aaaa-1", emoji: "👍", on: true });
    const asked = line().of("react");
    line().end(1006);
    vi.advanceTimersByTime(500);
    joinLobby({ resumed: true });
    expect(line().of("react")).toEqual(asked);
    line().say("ack", { cid: "cid-1", position: "aaaa-9" });
    talk.alter({ type: "delete", position: "aaaa-1" });
    line().say("error", { cid: "cid-2", code: "not_yours", message: "", retryable: false });
    expect(talk.notice).toContain("author");
    line().end(1006);
    vi.advanceTimersByTime(1000);
    joinLobby({ resumed: true });
    expect(line().of("react")).toEqual([]);
  });

  test("a post sent under another name isn't repeated: it would be another post", () => {
    const { line, talk, joinLobby } = stage();
    joinLobby();
    talk.post("hello");
    line().end(1006);
    vi.advanceTimersByTime(500);
    line().welcome("ada-2");
    line().say("joined", { resumed: true, messages: [] });
    expect(line().of("post")).toEqual([]);
    expect(talk.room.posts).toMatchObject([{ state: "failed", retryable: true }]);
  });

  test("edits, reactions and deletions show on the message they are about", () => {
    const { line, talk, joinLobby } = stage();
    joinLobby({ messages: [stored(1, "x")] });
    const change = { target: "aaaa-1", cid: "c", user: "bob", time: 2 };
    line().say("edited", { ...change, position: "aaaa-2", text: "better" });
    line().say("reacted", { ...change, position: "aaaa-3", emoji: "🎉", on: true });
    expect(talk.room.messages[0]).toMatchObject({ text: "better", edited: true });
    expect(talk.room.messages[0]?.reactions?.get("🎉")?.users).toEqual(["bob"]);
    line().say("deleted", { ...change, position: "aaaa-4" });
    expect(talk.room.messages[0]).toMatchObject({ text: "", deleted: true });
    expect(talk.room.messages[0]?.reactions?.size).toBe(0);
  });

  test("a frame of a room never entered is ignored", () => {
    const { line, talk, joinLobby } = stage();
    joinLobby();
    line().say("message", { ...stored(6, "y"), room: "cellar" });
    expect(talk.room.messages).toEqual([]);
  });

  test("a post that is too large for the chat isn't sent for ever", () => {
    const { line, talk, joinLobby } = stage();
    joinLobby();
    talk.post("enormous");
    line().end(1009);
    expect(talk.room.posts).toMatchObject([{ state: "failed", retryable: false }]);
  });
});
