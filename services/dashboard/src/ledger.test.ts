import { describe, expect, test } from "vitest";
import { type FeedEvent, type FeedEventType, parseFeedEvent } from "./feedEvent";
import { EVENTS_KEPT, Ledger, RUNS_KEPT } from "./ledger";

function event(type: FeedEventType, id: string, data: unknown): FeedEvent {
  const parsed = parseFeedEvent(type, JSON.stringify(data), id);
  if (parsed === undefined) throw new Error("malformed event in a test");
  return parsed;
}

const pack = (count: number) => Array.from({ length: count }, () => ({ n: "a/b", v: 1, t: 1 }));
const hello = (id: string, resumed = false, reason?: string) =>
  event("hello", id, { resumed, reason, heartbeat: 15 });
const readings = (id: string, count: number) => event("readings", id, pack(count));

describe("the ledger", () => {
  test("counts as many records as offsets went by, without hello and snapshot", () => {
    const ledger = new Ledger();
    ledger.take(hello("aaaa-100"));
    ledger.take(event("snapshot", "aaaa-100", pack(7)));
    ledger.take(readings("aaaa-103", 3));
    ledger.take(readings("aaaa-104", 1));
    expect(ledger.page).toMatchObject({ records: 4, firstId: "aaaa-100", lastId: "aaaa-104" });
  });

  test("goes on counting across a resume", () => {
    const ledger = new Ledger();
    ledger.take(hello("aaaa-100"));
    ledger.take(readings("aaaa-103", 3));
    ledger.take(hello("aaaa-103", true));
    ledger.take(readings("aaaa-105", 2));
    expect(ledger.page).toMatchObject({
      records: 5,
      firstId: "aaaa-100",
      lastId: "aaaa-105",
      reconnects: 1,
      gaps: [],
      runs: [],
    });
  });

  test("begins a new run after a told gap and keeps the old one", () => {
    const ledger = new Ledger();
    ledger.take(hello("aaaa-100"));
    ledger.take(readings("aaaa-103", 3));
    ledger.take(event("gap", "aaaa-200", { from: 104, to: 200, reason: "evicted" }));
    ledger.take(event("snapshot", "aaaa-200", pack(2)));
    ledger.take(readings("aaaa-201", 1));
    expect(ledger.page).toMatchObject({ records: 1, firstId: "aaaa-200", lastId: "aaaa-201" });
    expect(ledger.page.runs).toEqual([
      { records: 3, firstId: "aaaa-100", lastId: "aaaa-103", every: true },
    ]);
    expect(ledger.page.gaps).toEqual([
      { from: "104", to: "200", reason: "evicted", id: "aaaa-200" },
    ]);
  });

  test("calls a fresh start in the middle a gap, once, with the reason that was told", () => {
    const told = new Ledger();
    told.take(hello("aaaa-100"));
    told.take(readings("aaaa-103", 3));
    told.take(hello("bbbb-5", false));
    told.take(event("gap", "bbbb-5", { from: 104, to: 5, reason: "epoch" }));
    told.take(event("snapshot", "bbbb-5", pack(1)));
    expect(told.page.gaps.map((gap) => gap.reason)).toEqual(["epoch"]);

    const untold = new Ledger();
    untold.take(hello("aaaa-100"));
    untold.take(readings("aaaa-103", 3));
    untold.take(hello("bbbb-5", false, "bad_position"));
    untold.take(event("snapshot", "bbbb-5", pack(1)));
    untold.take(readings("bbbb-6", 1));
    expect(untold.page.gaps).toEqual([
      { from: "aaaa-103", to: "bbbb-5", reason: "bad_position", id: "bbbb-5" },
    ]);
    expect(untold.page).toMatchObject({ records: 1, firstId: "bbbb-5", lastId: "bbbb-6" });
  });

  test("a quiet filter's heartbeat moves the position", () => {
    const ledger = new Ledger();
    ledger.take(hello("aaaa-100"));
    ledger.take(event("heartbeat", "aaaa-150", { server_time: 1 }));
    expect(ledger.page).toMatchObject({ records: 0, lastId: "aaaa-150" });
  });

  test("tells repeated readings apart", () => {
    const ledger = new Ledger();
    ledger.take(hello("aaaa-100"));
    expect(ledger.take(readings("aaaa-103", 3))).toBe(true);
    expect(ledger.take(readings("aaaa-103", 3))).toBe(false);
    expect(ledger.page).toMatchObject({ records: 3, duplicates: 3, lastId: "aaaa-103" });
  });

  test("begins a new run where it counts in another way, without a gap between", () => {
    const ledger = new Ledger();
    ledger.take(hello("aaaa-100"));
    ledger.take(readings("aaaa-103", 3));
    ledger.countAnew(false);
    ledger.take(hello("aaaa-103", true));
    ledger.take(readings("aaaa-190", 2));
    ledger.countAnew(true);
    ledger.take(readings("aaaa-191", 1));
    expect(ledger.page).toMatchObject({ records: 1, firstId: "aaaa-190", every: true, total: 6 });
    expect(ledger.page.runs).toEqual([
      { records: 3, firstId: "aaaa-100", lastId: "aaaa-103", every: true },
      { records: 2, firstId: "aaaa-103", lastId: "aaaa-190", every: false },
    ]);
    expect(ledger.page.gaps).toEqual([]);
  });

  test("keeps a bounded list of events", () => {
    const ledger = new Ledger(() => 42);
    ledger.take(hello("aaaa-0"));
    for (let i = 1; i < EVENTS_KEPT; i++) ledger.take(readings(`aaaa-${i}`, 1));
    expect(ledger.page.events).toHaveLength(EVENTS_KEPT);
    expect(ledger.page.events[0]?.type).toBe("hello");
    for (let i = EVENTS_KEPT; i <= 1500; i++) ledger.take(readings(`aaaa-${i}`, 1));
    expect(ledger.page.events).toHaveLength(EVENTS_KEPT);
    expect(ledger.page.events.at(-1)).toEqual({
      type: "readings",
      id: "aaaa-1500",
      records: 1,
      at: 42,
    });
    expect(ledger.page.records).toBe(1500);
  });

  test("keeps a bounded list of runs", () => {
    const ledger = new Ledger();
    let at = 1;
    const run = () => {
      ledger.take(readings(`aaaa-${at}`, 1));
      ledger.countAnew(true);
      at += 1;
    };
    ledger.take(hello("aaaa-0"));
    for (let n = 0; n < RUNS_KEPT; n++) run();
    expect(ledger.page.runs).toHaveLength(RUNS_KEPT);
    expect(ledger.page.runs[0]?.firstId).toBe("aaaa-0");
    run();
    expect(ledger.page.runs).toHaveLength(RUNS_KEPT);
    expect(ledger.page.runs[0]?.firstId).toBe("aaaa-1");
  });
});
