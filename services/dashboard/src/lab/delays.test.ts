import { expect, test } from "vitest";
import { Delays } from "./delays";

test("percentiles are within 5 % of what was taken", () => {
  const delays = new Delays();
  expect(delays.percentile(0.5)).toBeUndefined();
  for (let ms = 1; ms <= 1_000; ms += 1) delays.take(ms);
  for (const [part, ms] of [
    [0.5, 500],
    [0.99, 990],
    [1, 1_000],
  ] as const) {
    expect(delays.percentile(part)).toBeGreaterThanOrEqual(ms * 0.999);
    expect(delays.percentile(part)).toBeLessThanOrEqual(ms * 1.051);
  }
});

test("what is below zero or beyond all bounds has a place too", () => {
  const delays = new Delays();
  delays.take(-40);
  delays.take(1e12);
  expect(delays.count).toBe(2);
  expect(delays.percentile(0.5)).toBe(0.1);
  expect(delays.spread([1, 10])).toEqual([1, 0, 1]);
});

test("the spread counts each delay once", () => {
  const delays = new Delays();
  for (const ms of [1, 3, 4, 30, 500]) delays.take(ms);
  expect(delays.spread([2, 5, 50])).toEqual([1, 2, 1, 1]);
});
