import { expect, test } from "vitest";
import { Traces } from "./traces";

const at = (t: number, v: number, n = "a/t") => ({ n, v, t });

test("live and stored readings stand on one line, and live ones win", () => {
  const traces = new Traces(["a/t"], 300);
  expect(traces.take([at(1000, 5), at(1000, 9, "b/t")])).toBe(true);
  traces.backfill([at(999, 4), at(1000, 7)]);
  const [times, line] = traces.window(1000);
  expect(times.at(-1)).toBe(1000);
  expect([line?.[line.length - 3], line?.[line.length - 1]]).toEqual([4, 5]);
});

test("readings of other sensors are none of its business", () => {
  expect(new Traces(["a/t"], 300).take([at(1, 1, "b/t")])).toBe(false);
});

test("stored readings mend a told loss", () => {
  const traces = new Traces(["a/t"], 300);
  traces.take([at(1000, 1)]);
  traces.breakLines();
  expect(traces.window(1002)[1]?.at(-1)).toBeNull();
  traces.backfill([at(1000.5, 2), at(1001, 3)]);
  expect(traces.window(1001)[1]?.slice(-3)).toEqual([1, 2, 3]);
});

test("a line whose readings are all there again goes on", () => {
  const traces = new Traces(["a/t"], 300);
  traces.take([at(1000, 1)]);
  traces.breakLines();
  traces.mend();
  expect(traces.window(1002)[1]?.slice(-5)).toEqual([
    1,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test("an hour takes no more slots than a quarter", () => {
  const points = (span: number) => new Traces(["a"], span).window(10_000)[0].length;
  expect(points(3600)).toBe(points(900));
});

test("the span as a table", () => {
  const traces = new Traces(["a/t", "b/t"], 300);
  traces.take([at(999, 1), at(1000, 2), at(1000, 3, "b/t")]);
  expect(traces.csv(1000).trim().split("\r\n")).toEqual([
    "time,a/t,b/t",
    "1970-01-01T00:16:39.000Z,1,",
    "1970-01-01T00:16:40.000Z,2,3",
  ]);
});

test("stored readings that come behind live ones wipe none of them", () => {
  const traces = new Traces(["a/t"], 300);
  const rate = 50;
  const until = 1000;
  const stretch = (from: number, to: number) =>
    Array.from({ length: (to - from) * rate }, (_, i) => at(from + i / rate, i));
  // Live ones go on while stored ones are fetched; pages come newest first, each oldest first.
  traces.take(stretch(until, until + 2));
  const stored = stretch(until - 300, until);
  for (let end = stored.length; end > 0; end -= 5000) {
    traces.backfill(stored.slice(Math.max(0, end - 5000), end));
  }
  const line = Array.from(traces.window(until + 2)[1] ?? []);
  const filled = line.filter((value) => typeof value === "number");
  expect(filled.length).toBeGreaterThan(590);
});
