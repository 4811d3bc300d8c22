import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Paint } from "./paint";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("many requests make one drawing per frame, with a rest between drawings", () => {
  let drawn = 0;
  const frames: (() => void)[] = [];
  const frame = () => frames.shift()?.();
  const paint = new Paint(
    () => {
      drawn += 1;
    },
    250,
    (then) => frames.push(then),
  );
  for (let i = 0; i < 10; i++) paint.request();
  expect(frames).toHaveLength(1);
  frame();
  expect(drawn).toBe(1);
  paint.request();
  paint.request();
  vi.advanceTimersByTime(249);
  expect(frames).toHaveLength(0);
  vi.advanceTimersByTime(1);
  frame();
  expect(drawn).toBe(2);
});
