import { describe, expect, test } from "vitest";
import { Filter, matches, PATTERNS_MAX, union } from "./filter";

describe("a filter", () => {
  test.each([
    ["a/b", "a/b", true],
    ["a/b", "a/b/c", false],
    ["a/*", "a/b", true],
    ["*/b", "a/c", false],
    ["a/>", "a/b/c", true],
    ["a/>", "a", false],
    [">", "a/b", true],
    ["a/*/c", "a/b", false],
  ])("%s on %s: %s", (pattern, name, wanted) => {
    expect(matches(pattern, name)).toBe(wanted);
    expect(new Filter([pattern]).wants(name)).toBe(wanted);
  });

  test("of no pattern wants all", () => {
    expect(new Filter().wants("a/b")).toBe(true);
  });

  test.each([
    [[], ["a/b"], true],
    [["a/b"], [], false],
    [["a/>"], ["a/b", "a/*/c"], true],
    [["a/*"], ["a/>"], false],
    [["a/*"], ["*/b"], false],
    [["*/b", "c/d"], ["a/b", "c/d"], true],
  ])("%j covers %j: %s", (outer, inner, covered) => {
    expect(new Filter(outer).covers(new Filter(inner))).toBe(covered);
  });

  test("a union is all when one asks for all, or when there are more than 32", () => {
    expect(union([new Filter(["b/c"]), new Filter(["a/b", "b/c"])]).patterns).toEqual([
      "a/b",
      "b/c",
    ]);
    expect(union([new Filter(["a/b"]), new Filter()]).patterns).toEqual([]);
    const many = Array.from({ length: PATTERNS_MAX + 1 }, (_, index) => `a/b${index}`);
    const asMany = many.slice(0, PATTERNS_MAX);
    expect(union([new Filter(asMany)]).patterns).toHaveLength(PATTERNS_MAX);
    expect(union([new Filter(many)]).patterns).toEqual([]);
  });
});
