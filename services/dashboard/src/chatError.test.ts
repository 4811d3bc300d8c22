import { expect, test } from "vitest";
import { errorWords } from "./chatError";

test("an error is told in words for its reader", () => {
  expect(errorWords("upstream_down", "publish to rooms.lobby")).toContain("can't store");
  expect(errorWords("rate_limited", "too many posts")).toBe("too many posts");
  expect(errorWords("of_a_later_version", "")).toBe("of_a_later_version");
});
