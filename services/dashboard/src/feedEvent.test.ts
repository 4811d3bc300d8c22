import { describe, expect, test } from "vitest";
import { type FeedEventType, parseFeedEvent } from "./feedEvent";

const parse = (type: FeedEventType, data: unknown, id = "") =>
  parseFeedEvent(type, JSON.stringify(data), id);

describe("an event of the feed", () => {
  test("hello primes the position and the watchdog", () => {
    const data = { epoch: "e3f9c2", resumed: true, heartbeat: 20, server_time: 5.5 };
    expect(parse("hello", data, "e3f9c2-1")).toEqual({
      type: "hello",
      position: { epoch: "e3f9c2", offset: 1n },
      resumed: true,
      reason: "",
      heartbeatSeconds: 20,
      serverTime: 5.5,
    });
  });

  test.each([
    [0, 1],
    [1e9, 60],
    ["15", 15],
    [undefined, 15],
  ])("a heartbeat of %j becomes %d s", (heartbeat, expected) => {
    expect(parse("hello", { heartbeat })).toMatchObject({ heartbeatSeconds: expected });
  });

  test("the end of a token is told twice", () => {
    expect(parse("expiring", { in_ms: 30_000 })).toEqual({ type: "expiring", inMs: 30_000 });
    expect(parse("expiring", {})).toEqual({ type: "expiring", inMs: 0 });
    expect(parse("expired", { reason: "revoked" })).toEqual({ type: "expired", reason: "revoked" });
  });

  test("an id that is no position is none", () => {
    expect(parse("heartbeat", {}, "*")).toMatchObject({ position: undefined });
  });

  test("upstream is down only if that is what was said", () => {
    expect(parse("status", { upstream: "down" })).toMatchObject({ upstreamDown: true });
    expect(parse("status", { upstream: "up" })).toMatchObject({ upstreamDown: false });
  });

  test("a drain carries the wait it asks for", () => {
    expect(parse("drain", { reconnect_in_ms: 1830 })).toMatchObject({ waitMs: 1830 });
    expect(parse("busy", { reconnect_in_ms: -1, reason: "capacity" })).toMatchObject({
      waitMs: undefined,
      reason: "capacity",
    });
  });

  test("data of another shape is malformed", () => {
    for (const type of ["hello", "gap", "status", "drain"] as const) {
      expect(parse(type, [])).toBeUndefined();
      expect(parseFeedEvent(type, "{", "")).toBeUndefined();
    }
    expect(parse("readings", {})).toBeUndefined();
  });
});
