import { expect, test } from "vitest";
import { missing, Tally } from "./tally";

const BEGUN = 1_000_000;
const begun = () => {
  const tally = new Tally();
  tally.begin(BEGUN);
  return tally;
};
const reading = (n: string, ms: number) => ({ n, v: 1, t: ms / 1000 });

test("a reading counts once, and one from before the run not at all", () => {
  const tally = begun();
  tally.take([reading("a", BEGUN - 1), reading("a", BEGUN + 10)], BEGUN + 30);
  tally.take([reading("a", BEGUN + 10), reading("b", BEGUN + 10)], BEGUN + 31);
  expect(tally.seen.size).toBe(2);
  expect(tally.delays.count).toBe(2);
});

test("what is heard before it counts is heard, and not counted", () => {
  const early = new Tally();
  early.hear(100, BEGUN);
  expect([early.heard, early.messages]).toEqual([true, 0]);
  const tally = begun();
  tally.hear(100, BEGUN - 1);
  tally.hear(20, BEGUN + 1);
  expect([tally.messages, tally.bytes]).toEqual([1, 20]);
});

test("what was caught up after a cut is seen, but its delay was the cut's", () => {
  const tally = begun();
  tally.awaitReturn(BEGUN + 2_000);
  tally.hear(10, BEGUN + 2_040);
  tally.take([reading("a", BEGUN + 500), reading("a", BEGUN + 2_030)], BEGUN + 2_040);
  tally.hear(10, BEGUN + 2_100);
  expect(tally.backMs).toEqual([40]);
  expect(tally.seen.size).toBe(2);
  expect(tally.delays.count).toBe(1);
});

test("a recording's time is no delay", () => {
  const tally = begun();
  tally.take([reading("a", BEGUN + 3_600_000)], BEGUN + 10);
  expect(tally.seen.size).toBe(1);
  expect(tally.delays.count).toBe(0);
});

test("missing is what another has seen and is due", () => {
  const [all, some, none] = [begun(), begun(), begun()] as const;
  all.take(
    [1, 2, 3].map((ms) => reading("with space", BEGUN + ms)),
    BEGUN + 5,
  );
  some.take([reading("with space", BEGUN + 2)], BEGUN + 5);
  expect(missing([all, some, none], BEGUN + 2)).toEqual([0, 1, 2]);
  expect(missing([all, some, none], BEGUN + 3)).toEqual([0, 2, 3]);
});
