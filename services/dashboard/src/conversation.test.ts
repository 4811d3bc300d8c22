import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
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
    expect(talk.notice).toBe("Older messages can't be loaded now");
    joinLobby();
    expect(talk.notice).toBe("");
  });

  test("a gap is followed by a look into history", () => {
    const { line, joinLobby } = stage();
    joinLobby();
    line().say("gap", { from: 2, to: 9, reason: "slow" });
    expect(line().of("history")).toEqual([{ type: "history", room: "lobby", limit: 100 }]);
  });

  test("another room is joined on the same connection, and the way back resumes", () => {
    const { line, talk, joinLobby } = stage();
    joinLobby();
    line().say("message", stored(5, "x"));
    talk.enter("attic");
    line().say("joined", { room: "attic", resumed: false, messages: [] });
    line().say("message", { ...stored(6, "y"), room: "attic" });
    talk.enter("lobby");
    expect(line().sent.slice(1)).toEqual([
      { type: "leave", room: "lobby" },
      { type: "join", room: "attic" },
      { type: "leave", room: "attic" },
      { type: "join", room: "lobby", after: "aaaa-5" },
    ]);
    expect(talk.room.messages).toHaveLength(1);
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
