import { expect, test } from "vitest";
import { chatStateOf, describeChat } from "./chatState";
import { emptyRoom } from "./room";

const facts = { phase: "open", words: "", retryAt: undefined } as const;
const room = { ...emptyRoom("lobby"), joined: true, count: 1 };

test("the chat's state says who is where", () => {
  expect(describeChat(facts, room, "ada", 0)).toBe("In lobby as ada, 1 member");
  expect(describeChat(facts, emptyRoom("lobby"), "ada", 0)).toBe("Joining lobby as ada");
});

test("an open connection is not yet a room", () => {
  expect(chatStateOf(facts, emptyRoom("lobby"))).toBe("joining");
  expect(chatStateOf(facts, room)).toBe("joined");
});

test("a wait says how long, an end says why", () => {
  const waiting = { phase: "waiting", words: "The connection was lost", retryAt: 2500 } as const;
  expect(describeChat(waiting, room, "ada", 1000)).toBe(
    "The connection was lost, trying again in 2 s",
  );
  const ended = { phase: "ended", words: "A limit was reached", retryAt: undefined } as const;
  expect(describeChat(ended, room, "ada", 1000)).toBe("A limit was reached");
});
