import { expect, test } from "vitest";
import { Typing, typingWords } from "./typing";

test("typing is told at most every three seconds and room", () => {
  const typing = new Typing();
  const told = [0, 1000, 2999, 3000, 5999, 6000].filter((now) => typing.due("lobby", now));
  expect(told).toEqual([0, 3000, 6000]);
  expect(typing.due("attic", 1)).toBe(true);
});

test("who writes is shown without oneself, until it is said or is long ago", () => {
  const typing = new Typing();
  typing.hear("lobby", ["ada", "bob", "cyd"], 0);
  expect(typing.in("lobby", "ada", 1)).toEqual(["bob", "cyd"]);
  typing.spoke("lobby", "bob");
  expect(typing.in("lobby", "ada", 5999)).toEqual(["cyd"]);
  expect(typing.in("lobby", "ada", 6000)).toEqual([]);
});

test("many writers are counted", () => {
  expect(typingWords([])).toBe("");
  expect(typingWords(["bob"])).toBe("bob is writing…");
  expect(typingWords(["bob", "cyd"])).toBe("bob and cyd are writing…");
  expect(typingWords(["a", "b", "c"])).toBe("a, b and c are writing…");
  expect(typingWords(["a", "b", "c", "d"])).toBe("4 people are writing…");
});
