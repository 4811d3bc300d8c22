import { expect, test } from "vitest";
import { verdictOf } from "./closeCode";

test.each([1001, 1005, 1006, 1009, 1011, 1012, 1013, 4000, 4008, 4009, 4029, 4499])(
  "after %d the page comes back",
  (code) => {
    expect(verdictOf(code).comeBack).toBe(true);
  },
);

test("a refusal says what the server gave as its reason", () => {
  const { words } = verdictOf(4505, "replaced by a newer connection");
  expect(words).toBe("A limit was reached: replaced by a newer connection");
});

test.each([1000, 4500, 4501, 4503, 4505, 4511, 4999])("after %d it stays away", (code) => {
  expect(verdictOf(code).comeBack).toBe(false);
});
