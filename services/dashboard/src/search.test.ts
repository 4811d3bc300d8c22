import { expect, test } from "vitest";
import {
  finds,
  mayMiss,
  patternsFor,
  readSearch,
  TEXT_MAX,
  withCharted,
  writeSearch,
} from "./search";
import { parseSensorName } from "./sensorName";
import { PATTERNS_MAX } from "./tabs/filter";

const NAMES = ["greenhouse-1/temperature", "greenhouse-2/humidity", "host/cpu/0"];

function found(text: string, device = ""): string[] {
  return NAMES.filter((name) => finds({ text, device }, name, parseSensorName(name)));
}

test.each([
  ["", "", NAMES],
  ["TEMP", "", ["greenhouse-1/temperature"]],
  ["green hum", "", ["greenhouse-2/humidity"]],
  ["*/temperature host/>", "", ["greenhouse-1/temperature", "host/cpu/0"]],
  ["", "host", ["host/cpu/0"]],
  ["temp", "host", []],
])("%j of device %j finds %j", (text, device, names) => {
  expect(found(text, device)).toEqual(names);
});

test.each([
  ["nothing", "", "", [], []],
  ["patterns", "*/temperature host/>", "", ["x/y"], ["*/temperature", "host/>"]],
  ["a device", "", "host", ["host/cpu/0"], ["host/>"]],
  ["words", "temp", "", ["b/t", "a/t"], ["a/t", "b/t"]],
  ["words that fit nothing yet", "temp", "", [], []],
  ["what the feed would refuse", "<img>", "", [], []],
  ["a device that none is called", "", "<img>", [], []],
  ["a name that can't be asked for", "t", "d", ["d/t", "d/t:1"], ["d/>"]],
])("the stream's filter for %s", (_, text, device, names, patterns) => {
  expect(patternsFor({ text, device }, names)).toEqual(patterns);
});

test("more names than the feed takes are left to the page", () => {
  const names = Array.from({ length: PATTERNS_MAX + 1 }, (_, n) => `d/s${n}`);
  const asMany = names.slice(0, PATTERNS_MAX);
  expect(patternsFor({ text: "s", device: "" }, asMany)).toHaveLength(PATTERNS_MAX);
  expect(patternsFor({ text: "s", device: "" }, names)).toEqual([]);
  expect(patternsFor({ text: "s", device: "d" }, names)).toEqual(["d/>"]);
});

test("a search reads back from the address, beside what else is there", () => {
  const search = { text: "green house", device: "host" };
  const query = writeSearch(new URLSearchParams("chart=a%2Fb"), search);
  expect(readSearch(query)).toEqual(search);
  expect(query.get("chart")).toBe("a/b");
  expect(writeSearch(query, { text: "", device: "" }).toString()).toBe("chart=a%2Fb");
});

test("plain words may miss new sensors, patterns and devices don't", () => {
  const may = (text: string, device = "") => mayMiss({ text, device });
  expect([may("temp"), may("*/t host/>"), may("", "host")]).toEqual([true, false, false]);
});

test("the large chart's sensors are asked for too, or everything where that is too much to say", () => {
  const asked = Array.from({ length: PATTERNS_MAX - 1 }, (_, n) => `d/s${n}`);
  expect(withCharted(asked, ["d/s0", "e/t"])).toEqual([...asked, "e/t"]);
  expect(withCharted(asked, ["e/t", "e/u"])).toEqual([]);
  expect(withCharted([], ["e/t"])).toEqual([]);
  expect(withCharted(["d/s0"], ["<img>"])).toEqual([]);
});

test("so many characters of a search are read, and no more", () => {
  const read = (length: number) =>
    readSearch(new URLSearchParams({ q: "q".repeat(length), device: "d".repeat(length) }));
  for (const length of [TEXT_MAX, TEXT_MAX + 1]) {
    const { text, device } = read(length);
    expect([text.length, device.length]).toEqual([TEXT_MAX, TEXT_MAX]);
  }
});
