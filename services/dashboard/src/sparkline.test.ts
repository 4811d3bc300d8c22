import { expect, test } from "vitest";
import { Ring } from "./ring";
import { sparkOf } from "./sparkline";

test("an empty window is no sparkline", () => {
  expect(sparkOf(new Ring(10, 1), 100, 10, 5)).toBeUndefined();
});

test("a column keeps its lowest and highest value, and the window its extremes", () => {
  const ring = new Ring(10, 1);
  for (const [second, value] of [
    [91, 3],
    [92, 9],
    [93, 1],
    [100, 5],
  ] as const) {
    ring.put(second, value);
  }
  const spark = sparkOf(ring, 100, 10, 2);
  expect(spark?.min).toBe(1);
  expect(spark?.max).toBe(9);
  expect(Array.from(spark?.low ?? [])).toEqual([1, 5]);
  expect(Array.from(spark?.high ?? [])).toEqual([9, 5]);
});

test("what lies before the window doesn't count", () => {
  const ring = new Ring(100, 1);
  ring.put(10, 1000);
  ring.put(99, 2);
  expect(sparkOf(ring, 100, 10, 5)?.max).toBe(2);
});

test("a told break leaves its column empty", () => {
  const ring = new Ring(10, 1);
  ring.put(91, 1);
  ring.breakLine();
  const spark = sparkOf(ring, 100, 10, 10);
  expect(Number.isNaN(spark?.low[1])).toBe(true);
});
