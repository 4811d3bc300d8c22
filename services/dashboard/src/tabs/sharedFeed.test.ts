import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeBrowser, type FakeTab } from "../testing/fakeTabs";
import { SharedFeed } from "./sharedFeed";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const SOON = 400;

function soon(ms = SOON): Promise<unknown> {
  return vi.advanceTimersByTimeAsync(ms);
}

async function tabs(browser: FakeBrowser, count: number): Promise<FakeTab[]> {
  const opened: FakeTab[] = [];
  for (let i = 0; i < count; i++) {
    opened.push(browser.tab());
    await soon();
  }
  return opened;
}

const first = (all: FakeTab[]) => all[0] as FakeTab;

/** The page's own proof: as many records as offsets, none twice, no loss told. */
function expectUnbroken(tab: FakeTab): void {
  const page = tab.feed.ledger;
  const offset = (id: string | null) => Number(id?.split("-")[1]);
  for (const run of [...page.runs, page].filter((one) => one.every)) {
    expect(run.records).toBe(offset(run.lastId) - offset(run.firstId));
  }
  expect(page).toMatchObject({ duplicates: 0, gaps: [], malformed: 0 });
  const values = tab.records.map((record) => record.v as number);
  expect(values).toEqual([...values].sort((a, b) => a - b));
  expect(new Set(values).size).toBe(values.length);
}

describe("tabs of one browser", () => {
  test("share one stream, and a tab that joins has the values without a connection", async () => {
    const browser = new FakeBrowser();
    browser.server.publish("a/b", "a/c");
    const all = await tabs(browser, 10);
    browser.server.publish("a/b", "a/b", "a/c");
    await soon();
    expect(browser.server.sources).toHaveLength(1);
    expect(all.map((tab) => tab.feed.role)).toEqual(["leader", ...Array(9).fill("follower")]);
    for (const tab of all) {
      expect(tab.snapshots).toHaveLength(1);
      expect(tab.snapshots[0]?.map((record) => record.n)).toEqual(["a/b", "a/c"]);
      expect(tab.records.map((record) => record.v)).toEqual([2, 3, 4]);
      expect(tab.feed.ledger).toMatchObject({ state: "live", reconnects: 0 });
      expectUnbroken(tab);
    }
  });

  test("go on without a loss or a repeat when the leader closes", async () => {
    const browser = new FakeBrowser();
    const all = await tabs(browser, 4);
    browser.server.publish("a/b");
    await soon();
    first(all).close();
    browser.server.publish("a/b", "a/b");
    await soon();
    browser.server.publish("a/b");
    await soon();
    expect(browser.server.standing).toHaveLength(1);
    for (const tab of all.slice(1)) {
      expect(tab.records.map((record) => record.v)).toEqual([0, 1, 2, 3]);
      expectUnbroken(tab);
    }
  });

  test("bring one another to the same place before the new leader asks for more", async () => {
    const browser = new FakeBrowser();
    const all = await tabs(browser, 4);
    const [leader, heir, ahead, behind] = all as [FakeTab, FakeTab, FakeTab, FakeTab];
    browser.server.publish("a/b");
    await soon();
    // The leader dies while what it said last has reached only one of the others.
    heir.hang();
    behind.hang();
    browser.server.publish("a/b", "a/b");
    await soon();
    leader.close();
    for (const tab of [heir, behind]) {
      (tab as unknown as { ear: { queue: unknown[] } }).ear.queue.length = 0;
      tab.thaw();
    }
    await soon();
    browser.server.publish("a/b");
    await soon();
    for (const tab of [heir, ahead, behind]) {
      expect(tab.records.map((record) => record.v)).toEqual([0, 1, 2, 3]);
      expectUnbroken(tab);
    }
    expect(browser.server.sources.at(-1)?.url).toContain("last_event_id=e3f9-3");
  });

  test("take the lead from one that hangs, which follows again when it's back", async () => {
    const browser = new FakeBrowser();
    const all = await tabs(browser, 3);
    first(all).hang();
    browser.server.publish("a/b");
    await soon(15_000);
    expect(all.slice(1).filter((tab) => tab.feed.role === "leader")).toHaveLength(1);
    browser.server.publish("a/b");
    await soon();
    first(all).thaw();
    await soon(3_000);
    browser.server.publish("a/b");
    await soon();
    expect(first(all).feed.role).toBe("follower");
    expect(browser.server.standing).toHaveLength(1);
    for (const tab of all) {
      expect(tab.records.map((record) => record.v)).toEqual([0, 1, 2]);
      expectUnbroken(tab);
    }
  });

  test("hand the lead to one that is seen when the leader is hidden", async () => {
    const browser = new FakeBrowser();
    const all = await tabs(browser, 3);
    const [leader, hidden, seen] = all as [FakeTab, FakeTab, FakeTab];
    hidden.feed.setHidden(true);
    leader.feed.setHidden(true);
    await soon(13_000);
    expect(all.map((tab) => tab.feed.role)).toEqual(["follower", "follower", "leader"]);
    browser.server.publish("a/b");
    await soon();
    expect(browser.server.standing).toHaveLength(1);
    for (const tab of [leader, hidden, seen]) expectUnbroken(tab);
    expect(leader.records).toHaveLength(1);
  });

  test("ask for every reading while one is seen, for few when all are hidden", async () => {
    const browser = new FakeBrowser();
    const [one, two] = (await tabs(browser, 2)) as [FakeTab, FakeTab];
    one.feed.setHidden(true);
    await soon(9_000);
    expect(browser.server.sources).toHaveLength(1);
    two.feed.setHidden(true);
    await soon(9_500);
    expect(browser.server.sources.at(-1)?.url).toContain("max_hz=1&agg=minmax");
    browser.server.publish("a/b", "a/b", "a/b");
    await soon();
    two.feed.setHidden(false);
    await soon();
    browser.server.publish("a/b", "a/b");
    await soon();
    for (const tab of [one, two]) {
      expect(tab.feed.ledger).toMatchObject({ maxHz: null, every: true, records: 2, total: 3 });
      expect(tab.feed.ledger.runs.map((run) => run.every)).toEqual([false]);
      expect(tab.feed.log.filter((entry) => entry.kind === "rate").length).toBeGreaterThan(1);
      expectUnbroken(tab);
    }
  });

  test("each have their filter of one stream that brings what all want", async () => {
    const browser = new FakeBrowser();
    browser.server.publish("a/b", "c/d", "e/f");
    const [one, two] = (await tabs(browser, 2)) as [FakeTab, FakeTab];
    one.feed.setFilter(["a/*"]);
    two.feed.setFilter(["a/b", "c/d"]);
    await soon(4_000);
    expect(browser.server.standing[0]?.url).toContain("sensor=a%2F*&sensor=a%2Fb&sensor=c%2Fd");
    browser.server.publish("a/b", "c/d", "e/f");
    await soon();
    expect(one.records.map((record) => record.n)).toEqual(["a/b"]);
    expect(two.records.map((record) => record.n)).toEqual(["a/b", "c/d"]);
    for (const tab of [one, two]) expect(tab.feed.ledger).toMatchObject({ every: false, gaps: [] });
  });

  test("a wider filter brings the values of what is new in it, and costs the others nothing", async () => {
    const browser = new FakeBrowser();
    browser.server.publish("a/b", "c/d");
    const [one, two] = (await tabs(browser, 2)) as [FakeTab, FakeTab];
    one.feed.setFilter(["a/b"]);
    two.feed.setFilter(["a/b"]);
    await soon(4_000);
    browser.server.publish("c/d", "a/b");
    await soon();
    two.feed.setFilter(["a/b", "c/d"]);
    await soon();
    expect(two.snapshots.at(-1)).toEqual([{ n: "c/d", v: 2, t: 3 }]);
    browser.server.publish("c/d", "a/b");
    await soon();
    expect(one.records.map((record) => record.v)).toEqual([3, 5]);
    expect(two.records.map((record) => record.v)).toEqual([3, 4, 5]);
    for (const tab of [one, two]) expectUnbroken(tab);
    expect(browser.server.latestAsked).toHaveLength(1);
  });

  test("one that missed what nobody has any more tells a gap and begins at the present", async () => {
    const browser = new FakeBrowser();
    const all = await tabs(browser, 2);
    const follower = all[1] as FakeTab;
    browser.server.publish("a/b");
    await soon();
    follower.hang();
    for (let i = 0; i < 1200; i++) {
      browser.server.publish("a/b");
      await soon(0);
    }
    (follower as unknown as { ear: { queue: unknown[] } }).ear.queue.length = 0;
    follower.thaw();
    browser.server.publish("a/b");
    await soon();
    browser.server.publish("a/b");
    await soon();
    const page = follower.feed.ledger;
    expect(page.gaps).toMatchObject([{ from: "e3f9-1", to: "e3f9-1202", reason: "tab" }]);
    expect(page).toMatchObject({ records: 1, lastId: "e3f9-1203" });
    expect(follower.snapshots.at(-1)).toMatchObject([{ n: "a/b", v: 1201 }]);
    expectUnbroken(first(all));
  });

  test("a page that froze and thaws goes on where it stood", async () => {
    const browser = new FakeBrowser();
    const all = await tabs(browser, 2);
    browser.server.publish("a/b");
    await soon();
    first(all).feed.leave();
    await soon();
    browser.server.publish("a/b");
    await soon();
    first(all).feed.comeBack();
    await soon();
    browser.server.publish("a/b");
    await soon();
    expect(all.map((tab) => tab.feed.role)).toEqual(["follower", "leader"]);
    for (const tab of all) {
      expect(tab.records.map((record) => record.v)).toEqual([0, 1, 2]);
      expectUnbroken(tab);
    }
  });

  test("where tabs can't share, each has a stream of its own", async () => {
    const { server } = new FakeBrowser();
    const alone = [1, 2].map((index) => {
      const tab = `tab-${index}`;
      return new SharedFeed({ tab, server, lock: undefined, channel: undefined, now: Date.now });
    });
    for (const feed of alone) feed.start();
    await soon();
    expect(server.standing).toHaveLength(2);
    expect(alone.map((feed) => [feed.role, feed.ledger.state])).toEqual([
      ["alone", "live"],
      ["alone", "live"],
    ]);
  });
});
