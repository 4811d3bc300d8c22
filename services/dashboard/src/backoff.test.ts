import { describe, expect, test } from "vitest";
import { askedWait, Backoff, FIRST_CEILING_MS, HIGHEST_CEILING_MS, STEADY_MS } from "./backoff";

describe("backoff", () => {
  test("doubles its ceiling to what a restart takes, and goes to thirty seconds for an outage", () => {
    const highest = new Backoff(() => 1);
    const waits = Array.from({ length: 15 }, () => highest.next());
    expect(waits.slice(0, 5)).toEqual([500, 1000, 2000, 4000, 8000]);
    expect(waits.slice(5, 12)).toEqual(Array(7).fill(8000));
    expect(waits.slice(12)).toEqual([30000, 30000, 30000]);
  });

  test("uses the full range below the ceiling", () => {
    const lowest = new Backoff(() => 0);
    expect([lowest.next(), lowest.next(), lowest.next()]).toEqual([0, 0, 0]);
    const middle = new Backoff(() => 0.5);
    expect([middle.next(), middle.next(), middle.next()]).toEqual([250, 500, 1000]);
  });

  test("stays within its bounds however often it is asked", () => {
    const backoff = new Backoff();
    for (let i = 0; i < 2000; i++) {
      const wait = backoff.next();
      expect(wait).toBeGreaterThanOrEqual(0);
      expect(wait).toBeLessThanOrEqual(HIGHEST_CEILING_MS);
    }
  });

  test("starts again after a connection that stood, not after one that was cut at once", () => {
    const backoff = new Backoff(() => 1);
    backoff.next();
    backoff.next();
    expect(backoff.next(STEADY_MS - 1)).toBe(2000);
    expect(backoff.next(STEADY_MS)).toBe(FIRST_CEILING_MS);
  });
});

test("a wait asked by the server is taken only if it is a sane number", () => {
  expect(askedWait(1830)).toBe(1830);
  expect(askedWait(1e12)).toBe(600_000);
  expect(askedWait(0)).toBe(100);
  for (const bad of [-1, Number.NaN, Number.POSITIVE_INFINITY, "5", null, undefined]) {
    expect(askedWait(bad)).toBeUndefined();
  }
});
