import { describe, expect, test } from "vitest";
import { comparePositions, formatPosition, isAfter, parsePosition } from "./position";

function at(text: string) {
  const position = parsePosition(text);
  if (position === undefined) throw new Error(`not a position: ${text}`);
  return position;
}

describe("a position", () => {
  test("is read and written back unchanged", () => {
    for (const text of ["e3f9c2-184467", "abcd-0", "0123456789abcdef-9223372036854775807"]) {
      expect(formatPosition(at(text))).toBe(text);
    }
  });

  test("keeps every digit of an offset beyond 2^53", () => {
    expect(at("e3f9c2-9007199254740993").offset).toBe(9007199254740993n);
    expect(isAfter(at("e3f9c2-9007199254740993"), at("e3f9c2-9007199254740992"))).toBe(true);
  });

  test.each([
    "",
    "-1",
    "*",
    "abc-1",
    "e3f9c2-",
    "e3f9c2--1",
    "E3F9C2-1",
    "e3f9c2-1 ",
    "e3f9c2-1\n",
    "e3f9c2-12345678901234567890",
    "0123456789abcdef0-1",
    "e3f9c2-१",
    null,
    undefined,
    7,
    {},
  ])("is not %j", (text) => {
    expect(parsePosition(text)).toBeUndefined();
  });

  test("has an order within its epoch and none across epochs", () => {
    expect(comparePositions(at("aaaa-9"), at("aaaa-10"))).toBe(-1);
    expect(comparePositions(at("aaaa-10"), at("aaaa-9"))).toBe(1);
    expect(comparePositions(at("aaaa-10"), at("aaaa-010"))).toBe(0);
    expect(comparePositions(at("aaaa-1"), at("bbbb-2"))).toBeUndefined();
    expect(isAfter(at("bbbb-2"), at("aaaa-1"))).toBe(false);
  });
});
