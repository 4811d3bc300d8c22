import { expect, test } from "vitest";
import { csvOf, isoTime } from "./csv";

test("cells are parted by commas and rows by line ends", () => {
  expect(
    csvOf([
      ["n", "v"],
      ["a/b", -1.5],
      ["c", undefined],
    ]),
  ).toBe("n,v\r\na/b,-1.5\r\nc,\r\n");
});

test("what would break a row is quoted", () => {
  expect(csvOf([['say "no", now']])).toBe('"say ""no"", now"\r\n');
});

test.each(["=1+1", "+1", "-1", "@x", "\tx"])("a text like a formula, %j, stays text", (text) => {
  expect(csvOf([[text]])).toBe(`'${text}\r\n`);
});

test("times are in UTC", () => {
  expect(isoTime(1_700_000_000.25)).toBe("2023-11-14T22:13:20.250Z");
});
