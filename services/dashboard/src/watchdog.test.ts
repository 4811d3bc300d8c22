import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Watchdog } from "./watchdog";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("barks once when it isn't fed in time", () => {
  const bark = vi.fn();
  const dog = new Watchdog(bark);
  dog.feed(100);
  vi.advanceTimersByTime(90);
  dog.feed(100);
  vi.advanceTimersByTime(99);
  expect(bark).not.toHaveBeenCalled();
  vi.advanceTimersByTime(500);
  expect(bark).toHaveBeenCalledTimes(1);
});

test("barks at a check when its timer was held back", () => {
  const bark = vi.fn();
  let now = 0;
  const dog = new Watchdog(bark, () => now);
  dog.feed(100);
  now = 99;
  dog.check();
  expect(bark).not.toHaveBeenCalled();
  now = 5_000;
  dog.check();
  dog.check();
  vi.advanceTimersByTime(500);
  expect(bark).toHaveBeenCalledTimes(1);
});

test("a step of the wall clock neither wakes nor holds it", () => {
  const bark = vi.fn();
  const dog = new Watchdog(bark);
  dog.feed(100);
  vi.setSystemTime(Date.now() + 3_600_000);
  dog.check();
  expect(bark).not.toHaveBeenCalled();
  vi.setSystemTime(Date.now() - 7_200_000);
  vi.advanceTimersByTime(100);
  expect(bark).toHaveBeenCalledTimes(1);
});
