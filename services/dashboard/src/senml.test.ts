import { describe, expect, test } from "vitest";
import { chartable, parsePack } from "./senml";

describe("a pack", () => {
  test("gives its records with a number, a text or a truth value", () => {
    const text =
      '[{"n":"a/b","u":"Cel","v":21.4,"t":1},{"n":"a/c","vs":"open","t":2},{"n":"a/d","vb":false,"t":3}]';
    expect(parsePack(text)).toEqual(JSON.parse(text));
  });

  test.each(["", "{}", "null", '"x"', "[", undefined])("is not %j", (text) => {
    expect(parsePack(text)).toBeUndefined();
  });

  test("leaves out what the page can't show", () => {
    const bad = '[null,3,{"n":"","v":1,"t":1},{"n":"a/b","t":1},{"n":"a/b","v":"1","t":1}]';
    expect(parsePack(bad)).toEqual([]);
    expect(parsePack('[{"n":"a/b","v":1}]')).toEqual([]);
  });

  test.each([
    ["1e300", 0],
    ["-1e300", 0],
    ["253402300799", 1],
    ["253402300800", 0],
    ["-62135596800", 1],
    ["-62135596801", 0],
  ])("of the time %s has %d records: it must have a date", (t, count) => {
    expect(parsePack(`[{"n":"a/b","v":1,"t":${t}}]`)).toHaveLength(count);
  });
});

test("numbers and truth values have a place on a chart, texts have none", () => {
  expect(chartable({ n: "a/b", v: -2.5, t: 1 })).toBe(-2.5);
  expect(chartable({ n: "a/b", vb: true, t: 1 })).toBe(1);
  expect(chartable({ n: "a/b", vb: false, t: 1 })).toBe(0);
  expect(chartable({ n: "a/b", vs: "open", t: 1 })).toBeUndefined();
});
