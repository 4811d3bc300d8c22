import { describe, expect, test } from "vitest";
import { type Message, parseServerFrame, type ServerFrame } from "./chatFrame";
import { formatPosition } from "./position";
import * as posts from "./post";
import * as rooms from "./room";
import { emptyRoom, MESSAGES_KEPT, type Room } from "./room";

type Of<T extends ServerFrame["type"]> = Extract<ServerFrame, { type: T }>;

function frame<T extends ServerFrame["type"]>(type: T, fields: object): Of<T> {
  const parsed = parseServerFrame(JSON.stringify({ type, room: "lobby", ...fields }));
  if (parsed?.type !== type) throw new Error("malformed frame in a test");
  return parsed as Of<T>;
}

const stored = (offset: number, cid = `c${offset}`, epoch = "aaaa") => ({
  position: `${epoch}-${offset}`,
  cid,
  user: "ada",
  text: `text ${offset}`,
  time: 1000 + offset,
});
const message = (offset: number, cid?: string, epoch?: string): Message =>
  frame("message", stored(offset, cid, epoch)).message;
const ack = (cid: string, offset: number) =>
  frame("ack", { cid, position: `aaaa-${offset}`, duplicate: false });
const joined = (offsets: number[], more: object = {}) =>
  frame("joined", { resumed: false, messages: offsets.map((at) => stored(at)), ...more });
const history = (offsets: number[], more = false) =>
  frame("history", { messages: offsets.map((at) => stored(at)), more });

const me = { user: "ada", time: 5 };
const offsets = (room: Room) => room.messages.map((each) => Number(each.position.offset));
const resumesFrom = (room: Room) => room.resumeFrom && formatPosition(room.resumeFrom);
const lobby = (...at: number[]) => rooms.joined(emptyRoom("lobby"), joined(at));

describe("messages", () => {
  test("are ordered by position and each shown once, however they come", () => {
    let room = lobby(1, 2);
    for (const at of [5, 4, 4, 9, 5, 2]) room = rooms.messageArrived(room, message(at));
    expect(offsets(room)).toEqual([1, 2, 4, 5, 9]);
  });

  test("of a new epoch start the list anew", () => {
    const room = rooms.messageArrived(lobby(100, 101), message(1, "x", "bbbb"));
    expect(room.messages.map((each) => formatPosition(each.position))).toEqual(["bbbb-1"]);
    expect(resumesFrom(room)).toBe("bbbb-1");
  });

  test("are kept to a bound, and the older ones can be asked for", () => {
    let room = lobby(0);
    const more = room.more;
    for (let at = 1; at < MESSAGES_KEPT; at++) room = rooms.messageArrived(room, message(at));
    expect([room.messages.length, offsets(room)[0], room.more]).toEqual([MESSAGES_KEPT, 0, more]);
    room = rooms.messageArrived(room, message(MESSAGES_KEPT));
    expect([room.messages.length, offsets(room)[0], room.more]).toEqual([MESSAGES_KEPT, 1, true]);
  });
});

describe("changes", () => {
  const edited = frame("edited", { position: "aaaa-5", target: "aaaa-2", text: "better" });
  const deleted = frame("deleted", { position: "aaaa-6", target: "aaaa-2" });

  test("show in their message, and move the position", () => {
    const room = rooms.messageChanged(lobby(1, 2, 3), edited);
    expect(room.messages.map((each) => each.text)).toEqual(["text 1", "better", "text 3"]);
    expect(room.messages.map((each) => each.edited)).toEqual([false, true, false]);
    expect(resumesFrom(room)).toBe("aaaa-5");
  });

  test("a deletion is for good, whatever comes after it", () => {
    const gone = rooms.messageChanged(lobby(1, 2), deleted);
    const late = rooms.messageChanged(gone, edited);
    for (const room of [gone, late])
      expect(room.messages[1]).toMatchObject({ text: "", deleted: true, edited: false });
    const told = frame("edited", { ...stored(5), target: "aaaa-2", text: "", deleted: true });
    expect(rooms.messageChanged(lobby(1, 2), told).messages[1]?.deleted).toBe(true);
  });

  test("of what is not loaded change nothing here", () => {
    const room = rooms.messageChanged(lobby(3, 4), deleted);
    expect(room.messages).toEqual(lobby(3, 4).messages);
    expect(resumesFrom(room)).toBe("aaaa-6");
  });
});

describe("joining", () => {
  test("resumed: the replay continues what was there", () => {
    const room = rooms.joined(lobby(1, 2), joined([3, 4], { resumed: true, head: "aaaa-4" }));
    expect(offsets(room)).toEqual([1, 2, 3, 4]);
    expect(resumesFrom(room)).toBe("aaaa-4");
  });

  test("not resumed: the last messages replace a list that may have a hole", () => {
    expect(offsets(rooms.joined(lobby(1, 2), joined([90, 91])))).toEqual([90, 91]);
  });

  test("resumed over a long way: only what is here counts, the rest follows as frames", () => {
    const room = rooms.joined(lobby(1), joined([2, 3], { resumed: true, head: "aaaa-900" }));
    expect(resumesFrom(room)).toBe("aaaa-3");
  });

  test("the head counts also where the room is quiet", () => {
    expect(resumesFrom(rooms.joined(emptyRoom("lobby"), joined([], { head: "aaaa-7" })))).toBe(
      "aaaa-7",
    );
  });

  test("resumed with nothing but changes to follow: they are waited for", () => {
    const back = rooms.joined(lobby(1), joined([], { resumed: true, head: "aaaa-7" }));
    expect(resumesFrom(back)).toBe("aaaa-1");
    const edited = frame("edited", { position: "aaaa-5", target: "aaaa-1", text: "better" });
    expect(resumesFrom(rooms.messageChanged(back, edited))).toBe("aaaa-5");
  });

  test("older messages are offered when the first page was full", () => {
    const full = Array.from({ length: 50 }, (_, i) => i + 1);
    expect(lobby(...full).more).toBe(true);
    expect(lobby(1, 2).more).toBe(false);
  });

  test("members and their count are as told", () => {
    let room = rooms.joined(emptyRoom("lobby"), joined([], { members: ["ada", "bob"], count: 7 }));
    expect(room).toMatchObject({ members: ["ada", "bob"], count: 7 });
    const presence = { joined: ["cem"], left: ["bob"], count: 8 };
    room = rooms.membersChanged(room, frame("presence", presence));
    expect(room).toMatchObject({ members: ["ada", "cem"], count: 8 });
  });
});

describe("a post", () => {
  test("is pending until its ack, then stands at its position", () => {
    let room = posts.sent(posts.posted(lobby(1), "mine", "hello"), "mine", 0);
    expect(room.posts).toMatchObject([{ cid: "mine", state: "pending" }]);
    room = rooms.acknowledged(room, ack("mine", 2), me);
    expect(room.posts).toEqual([]);
    expect(room.messages.at(-1)).toMatchObject({ cid: "mine", text: "hello", user: "ada" });
  });

  test("is shown once when ack and message both come, in either order", () => {
    const start = posts.posted(lobby(1), "mine", "hello");
    const own = message(2, "mine");
    const ackFirst = rooms.messageArrived(rooms.acknowledged(start, ack("mine", 2), me), own);
    const ackLast = rooms.acknowledged(rooms.messageArrived(start, own), ack("mine", 2), me);
    for (const room of [ackFirst, ackLast]) {
      expect(offsets(room)).toEqual([1, 2]);
      expect(room.posts).toEqual([]);
      expect(room.messages.at(-1)).toEqual(own);
    }
  });

  test("its ack doesn't move the place to resume from past messages still on their way", () => {
    let room = posts.posted(lobby(1), "mine", "hello");
    room = rooms.acknowledged(room, ack("mine", 3), me);
    expect(resumesFrom(room)).toBe("aaaa-1");
    room = rooms.messageArrived(room, message(2));
    expect(resumesFrom(room)).toBe("aaaa-2");
    expect(offsets(room)).toEqual([1, 2, 3]);
  });

  test("is no longer pending when a replay holds it, though the ack was lost", () => {
    let room = posts.sent(posts.posted(lobby(1), "c2", "hello"), "c2", 0);
    room = posts.posted(room, "never-stored", "again");
    room = rooms.joined(rooms.parted(room), joined([2], { resumed: true }));
    expect(posts.unconfirmed(room).map((post) => post.cid)).toEqual(["never-stored"]);
  });

  test("can fail, be tried again under the same cid, and be discarded", () => {
    let room = posts.sent(posts.posted(lobby(), "mine", "hello"), "mine", 7);
    room = posts.failed(room, "mine", { reason: "slow down", retryable: true });
    expect(room.posts).toMatchObject([{ state: "failed", reason: "slow down", retryable: true }]);
    expect(posts.unconfirmed(room)).toEqual([]);
    room = posts.retried(room, "mine");
    expect(posts.unconfirmed(room)).toMatchObject([{ cid: "mine", text: "hello" }]);
    expect(posts.discarded(room, "mine").posts).toEqual([]);
  });

  test("is not repeated by the page once the chat may have forgotten its cid", () => {
    let room = posts.sent(posts.posted(lobby(), "old", "a"), "old", 0);
    room = posts.sent(posts.posted(room, "new", "b"), "new", 100_000);
    room = posts.posted(room, "unsent", "c");
    room = posts.expired(room, posts.SAFE_TO_REPEAT_MS);
    expect(room.posts.map((post) => post.state)).toEqual(["failed", "pending", "pending"]);
  });
});

describe("a gap", () => {
  test("is filled by a page that reaches back to what was there", () => {
    let room = rooms.gapTold(lobby(1, 2));
    room = rooms.messageArrived(room, message(9));
    room = rooms.historyArrived(room, history([2, 5, 7, 9], true));
    expect(offsets(room)).toEqual([1, 2, 5, 7, 9]);
    expect(room.hole).toBeUndefined();
  });

  test("that is wider than a page drops what lies before it, so that no hole is hidden", () => {
    let room = rooms.gapTold(lobby(1, 2));
    room = rooms.historyArrived(room, history([50, 51], true));
    expect(offsets(room)).toEqual([50, 51]);
    expect(room).toMatchObject({ more: true, hole: undefined });
  });

  test("is filled by the whole history however little that is", () => {
    const room = rooms.historyArrived(rooms.gapTold(lobby(1, 2)), history([8], false));
    expect(offsets(room)).toEqual([1, 2, 8]);
    expect(rooms.historyArrived(rooms.gapTold(lobby(1)), history([])).hole).toBeUndefined();
  });

  test("told right after a fresh start leaves the list whole and knows its beginning", () => {
    const full = Array.from({ length: 50 }, (_, i) => i + 31);
    const page = history(Array.from({ length: 80 }, (_, i) => i + 1));
    const room = rooms.historyArrived(rooms.gapTold(lobby(...full)), page);
    expect(room.messages).toHaveLength(80);
    expect(room.more).toBe(false);
  });

  test("isn't mistaken for filled by an older page asked for before", () => {
    let room = rooms.gapTold(lobby(10, 11));
    room = rooms.historyArrived(room, history([8, 9], true));
    expect(room.hole).toBeDefined();
    expect(offsets(room)).toEqual([8, 9, 10, 11]);
  });
});

describe("history", () => {
  test("goes before what was there and says whether there is more", () => {
    const room = rooms.historyArrived(lobby(10, 11), history([8, 9], true));
    expect(offsets(room)).toEqual([8, 9, 10, 11]);
    expect(room.more).toBe(true);
    expect(rooms.historyArrived(room, history([], false)).more).toBe(false);
  });

  test("of the newest message alone says nothing about older ones", () => {
    expect(rooms.historyArrived(lobby(10, 11), history([11], true)).more).toBe(false);
  });
});
