// @vitest-environment happy-dom
import { beforeEach, describe, expect, test } from "vitest";
import type { Message } from "./chatFrame";
import { MessageList } from "./messageList";
import * as posts from "./post";
import { emptyRoom, messageArrived, type Room } from "./room";

const HOSTILE = "<script>alert(1)</script>";

let list: HTMLElement;
let messages: MessageList;
let asked: string[];

beforeEach(() => {
  list = document.createElement("ol");
  document.body.replaceChildren(list);
  asked = [];
  messages = new MessageList(list, list, {
    retry: (cid) => asked.push(`retry ${cid}`),
    discard: (cid) => asked.push(`discard ${cid}`),
    react: (_, emoji) => asked.push(`react ${emoji}`),
  });
});

const message = (offset: number, more: Partial<Message> = {}): Message => ({
  position: { epoch: "aaaa", offset: BigInt(offset) },
  cid: `c${offset}`,
  user: "ada",
  text: `text ${offset}`,
  time: 1000,
  edited: false,
  deleted: false,
  ...more,
});

const lobby = (...all: Message[]): Room => all.reduce(messageArrived, emptyRoom("lobby"));
const items = () => Array.from(list.children) as HTMLElement[];
const positions = () => items().map((item) => item.dataset["position"]);

describe("the list of messages", () => {
  test("is in order of position, also when one comes late", () => {
    messages.show(lobby(message(1), message(4)), "ada");
    messages.show(lobby(message(1), message(4), message(2)), "ada");
    expect(positions()).toEqual(["aaaa-1", "aaaa-2", "aaaa-4"]);
  });

  test("turns a pending post into its message without replacing it", () => {
    const room = posts.posted(lobby(message(1)), "mine", "hello");
    messages.show(room, "ada");
    const pending = items()[1];
    expect(pending?.dataset).toMatchObject({ cid: "mine", state: "pending", own: "true" });
    messages.show(messageArrived(room, message(2, { cid: "mine", text: "hello" })), "ada");
    expect(items()[1]).toBe(pending);
    expect(pending?.dataset).toMatchObject({ position: "aaaa-2", state: "stored" });
    expect(items()).toHaveLength(2);
  });

  test("offers to retry and to discard a failed post, as far as it makes sense", () => {
    const room = posts.posted(emptyRoom("lobby"), "mine", "hello");
    messages.show(posts.failed(room, "mine", { reason: "full", retryable: true }), "ada");
    for (const button of list.querySelectorAll("button")) button.click();
    expect(asked).toEqual(["retry mine", "discard mine"]);
    messages.show(posts.failed(room, "mine", { reason: "never", retryable: false }), "ada");
    expect(list.textContent).toContain("Not sent: never");
    expect(list.querySelectorAll("button")).toHaveLength(1);
  });

  test("shows names and texts as text, never as markup", () => {
    messages.show(lobby(message(1, { user: HOSTILE, text: HOSTILE })), "ada");
    expect(list.querySelectorAll("script")).toHaveLength(0);
    expect(list.querySelector('[data-testid="message-text"]')?.textContent).toBe(HOSTILE);
    expect(list.querySelector('[data-testid="message-user"]')?.textContent).toBe(HOSTILE);
  });

  test("says the author once for messages in a row, and nothing of a deleted one", () => {
    const room = lobby(message(1), message(2, { deleted: true }), message(3, { user: "bob" }));
    messages.show(room, "bob");
    expect(items().map((item) => item.dataset["follows"])).toEqual(["false", "true", "false"]);
    expect(items().map((item) => item.dataset["own"])).toEqual(["false", "false", "true"]);
    expect(items()[1]?.textContent).toContain("Message deleted");
  });

  test("shows links and the reader's name apart, as text all the same", () => {
    messages.show(lobby(message(1, { text: "ada: https://a.example/<b>" })), "ada");
    messages.show(lobby(message(1, { user: "bob", text: "ada: https://a.example/ <b>" })), "ada");
    const link = list.querySelector("a");
    expect(link?.rel).toBe("noopener noreferrer");
    expect(link?.href).toBe("https://a.example/");
    expect(list.querySelector("mark")?.textContent).toBe("ada");
    expect(items()[0]?.dataset["mention"]).toBe("true");
    expect(list.querySelector("b")).toBeNull();
  });

  test("puts no more than a window of a long room into the document", () => {
    const all = Array.from({ length: 1000 }, (_, at) => message(at + 1));
    messages.show({ ...emptyRoom("lobby"), messages: all }, "ada");
    expect(list.children).toHaveLength(200);
    expect(positions().at(-1)).toBe("aaaa-1000");
    expect(messages.goUp()).toBe(true);
    expect(list.children).toHaveLength(200);
    expect(positions().at(-1)).toBe("aaaa-900");
    messages.scrollToEnd();
    expect(positions().at(-1)).toBe("aaaa-1000");
  });

  test("a reaction is a button that takes part", () => {
    const reactions = new Map([["👍", { users: ["bob"], count: 1 }]]);
    messages.show(lobby(message(1, { reactions })), "ada");
    const chip = list.querySelector<HTMLElement>("[data-testid=reaction]");
    expect(chip?.textContent).toBe("👍 1");
    chip?.click();
    expect(asked).toEqual(["react 👍"]);
  });

  test("of another room replaces it", () => {
    messages.show(lobby(message(1)), "ada");
    messages.show(messageArrived(emptyRoom("attic"), message(7)), "ada");
    expect(positions()).toEqual(["aaaa-7"]);
  });
});
