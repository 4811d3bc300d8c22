import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { stage } from "./testing/feedStage";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the feed's stream", () => {
  test("is live from hello on, and passes events on", () => {
    const { source, state, events } = stage();
    expect(state()).toBe("connecting");
    source().hello("e3f9-10");
    expect(state()).toBe("live");
    source().readings("e3f9-12", 2);
    expect(events.map((event) => event.type)).toEqual(["hello", "readings"]);
  });

  test("leaves the first loss to the browser and takes over at the second", () => {
    const { source, sources, state } = stage();
    source().hello("e3f9-10");
    source().readings("e3f9-11");
    source().fail(0);
    expect(state()).toBe("resuming");
    expect(sources).toHaveLength(1);
    source().fail(0);
    expect(state()).toBe("offline");
    vi.advanceTimersByTime(500);
    expect(sources.map((opened) => opened.url)).toEqual([
      "/feed/readings",
      "/feed/readings?last_event_id=e3f9-11",
    ]);
    expect(state()).toBe("resuming");
    source().hello("e3f9-11", true);
    expect(state()).toBe("live");
  });

  test("comes back by itself with the position after an answer that is not 200", () => {
    const { source, sources, state } = stage();
    source().hello("e3f9-10");
    source().fail(2);
    expect(state()).toBe("offline");
    vi.advanceTimersByTime(500);
    source().fail(2);
    vi.advanceTimersByTime(999);
    expect(sources).toHaveLength(2);
    vi.advanceTimersByTime(1);
    expect(sources).toHaveLength(3);
    expect(source().url).toBe("/feed/readings?last_event_id=e3f9-10");
  });

  test("says when its token ends, and that it has; a newer one brings it back", () => {
    const { source, sources, facts, state } = stage();
    source().hello("e3f9-10");
    source().say("expiring", { in_ms: 30_000 });
    expect(state()).toBe("live");
    expect(facts().endsAt).toBe(Date.now() + 30_000);
    source().say("expired", { reason: "expired" });
    expect(state()).toBe("signed_out");
    vi.advanceTimersByTime(500);
    source().fail(2);
    expect(state()).toBe("signed_out");
    vi.advanceTimersByTime(1000);
    expect(sources).toHaveLength(3);
    source().hello("e3f9-10", true);
    expect(state()).toBe("live");
    expect(facts().endsAt).toBeUndefined();
  });

  test("a drain is obeyed: one new connection, after the time asked for", () => {
    const { source, sources, state } = stage();
    source().hello("e3f9-10");
    const leaving = source();
    leaving.say("drain", { reconnect_in_ms: 1830 });
    expect(state()).toBe("draining");
    expect(leaving.readyState).toBe(2);
    vi.advanceTimersByTime(1829);
    expect(sources).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(sources).toHaveLength(2);
    leaving.readings("e3f9-99");
    source().hello("e3f9-10", true);
    expect(state()).toBe("live");
  });

  test("a drain isn't a failure: earlier failures don't make its wait longer", () => {
    const { source, sources } = stage();
    for (let i = 0; i < 6; i++) {
      source().fail(2);
      vi.advanceTimersToNextTimer();
    }
    source().hello("e3f9-10");
    const before = sources.length;
    source().say("drain", { reconnect_in_ms: 1830 });
    vi.advanceTimersByTime(1830);
    expect(sources).toHaveLength(before + 1);
  });

  test("a server that is full again and again is asked at the pace that it gives", () => {
    const { source, sources, state } = stage();
    const waits: number[] = [];
    for (let i = 0; i < 5; i++) {
      source().say("busy", { reconnect_in_ms: 700, reason: "capacity" });
      expect(state()).toBe("busy");
      const before = Date.now();
      vi.advanceTimersToNextTimer();
      waits.push(Date.now() - before);
    }
    expect(sources).toHaveLength(6);
    expect(waits).toEqual([700, 700, 700, 700, 700]);
  });

  test("a drain without a sane time falls back to the backoff", () => {
    const { source, sources } = stage();
    source().hello("e3f9-10");
    source().say("drain", { reconnect_in_ms: "soon" });
    vi.advanceTimersByTime(500);
    expect(sources).toHaveLength(2);
  });

  test("says stale after two and a half heartbeats of silence and connects anew", () => {
    const { source, sources, state, facts } = stage();
    source().hello("e3f9-10");
    const heardAt = Date.now();
    vi.advanceTimersByTime(24_999);
    expect(state()).toBe("live");
    vi.advanceTimersByTime(1);
    expect(state()).toBe("stale");
    expect(facts().heardAt).toBe(heardAt);
    vi.advanceTimersByTime(500);
    expect(sources).toHaveLength(2);
    expect(state()).toBe("stale");
    source().hello("e3f9-10", true);
    expect(state()).toBe("live");
  });

  test("every event, a heartbeat too, proves the connection", () => {
    const { source, state } = stage();
    source().hello("e3f9-10");
    for (let i = 0; i < 5; i++) {
      vi.advanceTimersByTime(20_000);
      source().say("heartbeat", { server_time: 1 }, "e3f9-10");
      expect(state()).toBe("live");
    }
  });

  test("grows stale although attempts keep coming and going", () => {
    const { source, state } = stage(() => 0);
    source().hello("e3f9-10");
    source().fail(2);
    for (let second = 0; second < 26; second++) {
      vi.advanceTimersByTime(1000);
      source().fail(2);
    }
    expect(state()).toBe("stale");
  });

  test("gives up an attempt that is neither refused nor answered", () => {
    const { sources, state } = stage(() => 0);
    vi.advanceTimersByTime(37_500);
    expect(state()).toBe("offline");
    vi.advanceTimersByTime(1);
    expect(sources).toHaveLength(2);
  });

  test("tells upstream down and back, and a new connection starts with a clean slate", () => {
    const { source, state } = stage();
    source().hello("e3f9-10");
    source().say("status", { upstream: "down" });
    expect(state()).toBe("upstream_down");
    source().say("heartbeat", {}, "e3f9-10");
    expect(state()).toBe("upstream_down");
    source().say("status", { upstream: "up" });
    expect(state()).toBe("live");
    source().say("status", { upstream: "down" });
    source().fail(0);
    source().hello("e3f9-10", true);
    expect(state()).toBe("live");
  });

  test("a gap stays open until its snapshot is here", () => {
    const { source, state, ledger } = stage();
    source().hello("e3f9-10");
    source().say("gap", { from: 11, to: 20, reason: "evicted" }, "e3f9-20");
    expect(state()).toBe("gap");
    source().say("heartbeat", {}, "e3f9-20");
    expect(state()).toBe("gap");
    source().say("snapshot", [], "e3f9-20");
    expect(state()).toBe("live");
    expect(ledger.page.gaps).toHaveLength(1);
  });

  test("malformed data neither moves the position nor ends anything", () => {
    const { source, ledger, events, state } = stage();
    source().hello("e3f9-10");
    source().say("readings", "not json", "e3f9-11");
    source().say("readings", { n: "a" }, "e3f9-12");
    expect(ledger.page).toMatchObject({ malformed: 2, lastId: "e3f9-10" });
    expect(events).toHaveLength(1);
    expect(state()).toBe("live");
  });

  test("readings that were already held are not passed on twice", () => {
    const { source, ledger, events } = stage();
    source().hello("e3f9-10");
    source().readings("e3f9-11");
    source().readings("e3f9-11");
    expect(ledger.page).toMatchObject({ records: 1, duplicates: 1 });
    expect(events.map((event) => event.type)).toEqual(["hello", "readings"]);
  });

  test("a connection that stood starts the backoff from the beginning", () => {
    const { source, sources } = stage();
    for (let i = 0; i < 4; i++) {
      source().fail(2);
      vi.advanceTimersToNextTimer();
    }
    source().hello("e3f9-10");
    vi.advanceTimersByTime(10_000);
    source().fail(0);
    source().fail(0);
    const before = sources.length;
    vi.advanceTimersByTime(500);
    expect(sources).toHaveLength(before + 1);
  });

  test("a waiting stream wakes when the network is back, a working one is left alone", () => {
    const { source, sources, stream } = stage();
    source().hello("e3f9-10");
    stream.wake();
    expect(sources).toHaveLength(1);
    source().fail(2);
    stream.wake();
    expect(sources).toHaveLength(2);
    vi.advanceTimersByTime(600);
    expect(sources).toHaveLength(2);
  });

  test("stops for good", () => {
    const { source, sources, stream } = stage();
    source().hello("e3f9-10");
    stream.stop();
    source().readings("e3f9-11");
    vi.advanceTimersByTime(600_000);
    expect(sources).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
