import { expect, test } from "vitest";
import { missing, Tally } from "./tally";

const BEGUN = 1_000_000;
const reading = (n: string, ms: number) => ({ n, v: 1, t: ms / 1000 });

test("a reading counts once, and one from before the run not at all", () => {
  const tally = new Tally(BEGUN);
  tally.take([reading("a", BEGUN - 1), reading("a", BEGUN + 10)], BEGUN + 30);
  tally.take([reading("a", BEGUN + 10), reading("b", BEGUN + 10)], BEGUN + 31);
  expect(tally.seen.size).toBe(2);
  expect(tally.delays.count).toBe(2);
});

test("messages of the warm-up are not counted", () => {
  const tally = new Tally(BEGUN);
  tally.hear(100, BEGUN - 1);
  tally.hear(20, BEGUN + 1);
  expect([tally.messages, tally.bytes]).toEqual([1, 20]);
});

test("what was caught up after a cut is seen, but its delay was the cut's", () => {
  const tally = new Tally(BEGUN);
  tally.awaitReturn(BEGUN + 2_000);
  tally.hear(10, BEGUN + 2_040);
  tally.take([reading("a", BEGUN + 500), reading("a", BEGUN + 2_030)], BEGUN + 2_040);
  tally.hear(10, BEGUN + 2_100);
  expect(tally.backMs).toEqual([40]);
  expect(tally.seen.size).toBe(2);
  expect(tally.delays.count).toBe(1);
});

test("a recording's time is no delay", () => {
  const tally = new Tally(BEGUN);
  tally.take([reading("a", BEGUN + 3_600_000)], BEGUN + 10);
  expect(tally.seen.size).toBe(1);
  expect(tally.delays.count).toBe(0);
});

test("missing is what another has seen and is due", () => {
  const [all, some, none] = [new Tally(BEGUN), new Tally(BEGUN), new Tally(BEGUN)] as const;
  all.take(
    [1, 2, 3].map((ms) => reading("with space", BEGUN + ms)),
    BEGUN + 5,
  );
  some.take([reading("with space", BEGUN + 2)], BEGUN + 5);
  expect(missing([all, some, none], BEGUN + 2)).toEqual([0, 1, 2]);
  expect(missing([all, some, none], BEGUN + 3)).toEqual([0, 2, 3]);
});
