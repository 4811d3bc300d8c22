import { expect, test } from "vitest";
import { NAME_MAX, readChoice, SENSORS_MAX, THRESHOLDS_MAX, writeChoice } from "./chartRoute";

test("a choice reads back from the address, beside what else is there", () => {
  const part = { from: 1_795_343_000.125, to: 1_795_343_090 };
  const choice = { sensors: ["a/t", "b/t"], spanSeconds: 900, thresholds: [-1.5, 30], part };
  const query = writeChoice(new URLSearchParams("q=green"), choice);
  expect(readChoice(query)).toEqual(choice);
  expect(query.get("q")).toBe("green");
});

test("a closed chart leaves nothing in the address", () => {
  const query = new URLSearchParams("q=x&chart=a%2Ft&span=900&at=3&from=10&to=20");
  const closed = { ...readChoice(query), sensors: [] };
  expect(writeChoice(query, closed).toString()).toBe("q=x");
});

test("all of the span has no place in the address", () => {
  const query = new URLSearchParams("chart=a%2Ft&from=10&to=20");
  const all = { ...readChoice(query), part: undefined };
  expect(writeChoice(query, all).toString()).toBe("chart=a%2Ft");
});

test("what nobody could have chosen falls back", () => {
  const choice = readChoice(
    new URLSearchParams("chart=a&chart=a&chart=&span=77&at=x&at=&at=Infinity"),
  );
  expect(choice).toEqual({ sensors: ["a"], spanSeconds: 300, thresholds: [], part: undefined });
});

test.each([
  ["from=20&to=10", "backwards"],
  ["from=10&to=10", "of no width"],
  ["from=10&to=310", "as wide as the span"],
  ["from=-5&to=10", "before 1970"],
  ["from=253402300799&to=253402300800", "after the last date"],
  ["from=&to=10", "without a begin"],
  ["from=10", "without an end"],
  ["from=x&to=y", "of words"],
])("%s is no part to look at: %s", (search) => {
  expect(readChoice(new URLSearchParams(`chart=a&${search}`)).part).toBeUndefined();
});

test("so many sensors, thresholds and characters of a name are read, and no more", () => {
  const query = new URLSearchParams();
  for (let n = 0; n < SENSORS_MAX + 1; n++) query.append("chart", `d/s${n}`);
  for (let n = 0; n < THRESHOLDS_MAX + 1; n++) query.append("at", String(n));
  const { sensors, thresholds } = readChoice(query);
  expect(sensors).toHaveLength(SENSORS_MAX);
  expect(sensors.at(-1)).toBe("d/s7");
  expect(thresholds).toEqual([0, 1, 2, 3]);
  const named = (length: number) => {
    return readChoice(new URLSearchParams({ chart: "a".repeat(length) })).sensors.length;
  };
  expect([named(NAME_MAX), named(NAME_MAX + 1)]).toEqual([1, 0]);
});
