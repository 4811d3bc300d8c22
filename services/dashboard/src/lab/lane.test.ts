import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Ear, StreamLane } from "./lane";
import { Tally } from "./tally";

interface Opened {
  readonly url: string;
  readonly ear: Ear;
  closed: boolean;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function stage(query: () => Promise<URLSearchParams> = async () => new URLSearchParams()) {
  const opened: Opened[] = [];
  let nowMs = 10_000;
  const tally = new Tally();
  tally.begin(0);
  const page = { feed: "/feed", query, headers: () => ({}), now: () => nowMs };
  const lane = new StreamLane(
    page,
    "/readings",
    (url, ear) => {
      const one: Opened = { url, ear, closed: false };
      opened.push(one);
      return () => {
        one.closed = true;
      };
    },
    tally,
  );
  const pass = async (ms: number) => {
    nowMs += ms;
    await vi.advanceTimersByTimeAsync(ms);
  };
  return { lane, tally, opened, pass };
}

const pack = (t: number) => [{ n: "a", v: 1, t }];

test("what comes is counted, with the position to come back with", async () => {
  const { lane, tally, opened, pass } = stage();
  lane.start();
  await pass(0);
  expect(opened[0]?.url).toBe("/feed/readings?");
  opened[0]?.ear.message("readings", "e-7", pack(9.5), 40);
  expect([tally.messages, tally.bytes, tally.seen.size]).toEqual([1, 40, 1]);
  lane.cut(2_000);
  expect(opened[0]?.closed).toBe(true);
  await pass(1_999);
  expect(opened).toHaveLength(1);
  await pass(1);
  expect(opened[1]?.url).toBe("/feed/readings?last_event_id=e-7");
  await pass(30);
  opened[1]?.ear.message("hello", "e-7", {}, 10);
  expect(tally.backMs).toEqual([30]);
});

test("one that was replaced is no longer heard", async () => {
  const { lane, tally, opened, pass } = stage();
  lane.start();
  await pass(0);
  lane.cut(0);
  await pass(0);
  opened[0]?.ear.message("readings", "e-9", pack(9.5), 40);
  opened[0]?.ear.lost();
  expect(tally.messages).toBe(0);
  await pass(5_000);
  expect(opened).toHaveLength(2);
});

test.each(["lost", "drain", "busy"])("after %s it comes back", async (how) => {
  const { lane, opened, pass } = stage();
  lane.start();
  await pass(0);
  if (how === "lost") opened[0]?.ear.lost();
  else opened[0]?.ear.message(how, "", {}, 10);
  await pass(1_000);
  expect(opened).toHaveLength(2);
});

test("without a ticket it asks again, and stopped it stays so", async () => {
  let refuse = true;
  const { lane, opened, pass } = stage(async () => {
    if (refuse) throw new Error("no ticket");
    return new URLSearchParams({ ticket: "x" });
  });
  lane.start();
  await pass(0);
  expect(opened).toHaveLength(0);
  refuse = false;
  await pass(1_000);
  expect(opened[0]?.url).toBe("/feed/readings?ticket=x");
  opened[0]?.ear.lost();
  lane.stop();
  await pass(10_000);
  expect(opened).toHaveLength(1);
});
