import { expect, test } from "vitest";
import { readChoice, writeChoice } from "./chartRoute";

test("a choice reads back from the address, beside what else is there", () => {
  const choice = { sensors: ["a/t", "b/t"], spanSeconds: 900, thresholds: [-1.5, 30] };
  const query = writeChoice(new URLSearchParams("q=green"), choice);
  expect(readChoice(query)).toEqual(choice);
  expect(query.get("q")).toBe("green");
});

test("a closed chart leaves nothing in the address", () => {
  const query = new URLSearchParams("q=x&chart=a%2Ft&span=900&at=3");
  const closed = { sensors: [], spanSeconds: 900, thresholds: [3] };
  expect(writeChoice(query, closed).toString()).toBe("q=x");
});

test("what nobody could have chosen falls back", () => {
  const choice = readChoice(
    new URLSearchParams("chart=a&chart=a&chart=&span=77&at=x&at=&at=Infinity"),
  );
  expect(choice).toEqual({ sensors: ["a"], spanSeconds: 300, thresholds: [] });
});
