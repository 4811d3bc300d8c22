import { describe, expect, test } from "vitest";
import { Sensors } from "./sensors";
import { Traces, tracesOf } from "./traces";

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

describe("a recording", () => {
  const TAPE = 1_000_000;
  const NOW = 1_000_000_000;
  const tape = () => {
    const traces = new Traces(["a/t"], 300, () => true);
    traces.take([at(TAPE - 1, 4), at(TAPE, 5)]);
    return traces;
  };

  test("is shown where it is, and not where now is", () => {
    expect(tape().end(NOW)).toBe(TAPE);
    const [times, line] = tape().window(NOW);
    expect([times[0], times.at(-1)]).toEqual([TAPE - 300, TAPE]);
    expect([line?.at(-3), line?.at(-1)]).toEqual([4, 5]);
    expect(tape().csv(NOW)).toContain("1970-01-12T13:46:40.000Z,5");
  });

  test("beside live lines leaves the window at now", () => {
    const traces = new Traces(["a/t", "b/t"], 300, (name) => name === "a/t");
    traces.take([at(TAPE, 5), at(NOW - 200, 6, "b/t")]);
    expect(traces.end(NOW)).toBe(NOW);
  });
});

test("a line that fell silent moves out of the window, which goes on with now", () => {
  const traces = new Traces(["a/t"], 300, () => false);
  expect(traces.end(1000)).toBe(1000);
  traces.take([at(1000, 1)]);
  expect(traces.end(2000)).toBe(2000);
  expect([traces.isBlank(1299), traces.isBlank(2000)]).toEqual([false, true]);
});

describe("a span that is held", () => {
  test("ends where it is, and takes and breaks nothing later", () => {
    const traces = new Traces(["a/t"], 300);
    traces.take([at(999, 1), at(1000, 2)]);
    traces.hold(1000);
    expect(traces.take([at(1400, 9)])).toBe(false);
    traces.breakLines();
    expect(traces.end(5000)).toBe(1000);
    expect(traces.window(5000)[1]?.slice(-3)).toEqual([1, undefined, 2]);
  });

  test("lies around the part that is to be looked at, if that is of another time", () => {
    const sensors = new Sensors(() => 5000);
    sensors.takeReadings([at(5000, 1)]);
    const choice = { sensors: ["a/t"], spanSeconds: 300, thresholds: [] };
    const now = tracesOf({ ...choice, part: { from: 4800, to: 4900 } }, sensors, 5000);
    expect([now.isHeld, now.end(5010)]).toEqual([false, 5010]);
    const before = tracesOf({ ...choice, part: { from: 1000, to: 1100 } }, sensors, 5000);
    expect([before.isHeld, before.end(5010)]).toEqual([true, 1200]);
    expect(before.isBlank(5010)).toBe(true);
    before.backfill([at(1050, 3)]);
    expect(before.isBlank(5010)).toBe(false);
  });
});
