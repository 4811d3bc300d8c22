import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type FakeLine, stage, stored } from "./testing/chatStage";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the chat's connection", () => {
  test("comes back after a drain when asked to, once", () => {
    const { line, lines, joinLobby, facts } = stage();
    joinLobby();
    line().say("drain", { reconnect_in_ms: 1830 });
    expect(facts().phase).toBe("draining");
    line().end(1012);
    vi.advanceTimersByTime(1829);
    expect(lines).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(lines).toHaveLength(2);
    line().welcome();
    expect(facts().phase).toBe("open");
  });

  test.each([4500, 4501, 4503, 4505, 4511])("stays away after %d", (code) => {
    const { line, lines, joinLobby, facts } = stage();
    joinLobby();
    line().end(code);
    vi.advanceTimersByTime(600_000);
    expect(lines).toHaveLength(1);
    expect(facts().phase).toBe("ended");
    expect(facts().words).not.toBe("");
  });

  test("backs off while it is cut at once again and again", () => {
    const { line, lines } = stage();
    for (const wait of [500, 1000, 2000, 4000]) {
      line().welcome();
      line().end(4029);
      const before = lines.length;
      vi.advanceTimersByTime(wait - 1);
      expect(lines).toHaveLength(before);
      vi.advanceTimersByTime(1);
      expect(lines).toHaveLength(before + 1);
    }
  });

  test("asks when it is quiet for long, and gives up without an answer", () => {
    const { line, lines, joinLobby, talk } = stage();
    joinLobby();
    vi.advanceTimersByTime(50_000);
    expect(line().of("history")).toEqual([{ type: "history", room: "lobby", limit: 1 }]);
    line().say("error", { code: "history_unavailable", retryable: true });
    expect(talk.notice).toBe("");
    vi.advanceTimersByTime(49_999);
    expect(lines).toHaveLength(1);
    vi.advanceTimersByTime(10_001);
    expect(lines).toHaveLength(1);
    vi.advanceTimersByTime(500);
    expect(lines).toHaveLength(2);
  });

  test("gives up an attempt without a welcome", () => {
    const { lines } = stage();
    vi.advanceTimersByTime(15_500);
    expect(lines).toHaveLength(2);
  });

  test("frames of an earlier connection are not heard", () => {
    const { lines, joinLobby, talk, socket } = stage();
    joinLobby();
    const old = lines[0] as FakeLine;
    socket.connect();
    old.say("message", stored(9, "late"));
    old.end(4500);
    expect(talk.room.messages).toEqual([]);
    expect(lines).toHaveLength(2);
  });
});
