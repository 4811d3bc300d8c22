import { expect, test } from "vitest";
import { parseReactions, withReaction } from "./reactions";

test("reactions are put and taken away, each change once however often it comes", () => {
  const ada = { emoji: "👍", user: "ada", on: true };
  const once = withReaction(undefined, ada);
  expect(once.get("👍")).toEqual({ users: ["ada"], count: 1 });
  expect(withReaction(once, ada)).toBe(once);
  expect(withReaction(once, { ...ada, on: false }).size).toBe(0);
});

test("a stored message names the first users and counts the others", () => {
  const read = parseReactions({ "👍": ["ada", 7], "🎉": "x" }, { "👍": 60 });
  expect([...read]).toEqual([["👍", { users: ["ada"], count: 60 }]]);
  expect(parseReactions(undefined, undefined).size).toBe(0);
});
