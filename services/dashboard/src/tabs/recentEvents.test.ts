import { expect, test } from "vitest";
import { CHARACTERS_KEPT, EVENTS_KEPT, RecentEvents } from "./recentEvents";

const raw = (n: number, data = "[]") =>
  ({ after: `a-${n - 1}`, type: "readings", data, id: `a-${n}` }) as const;

test("so many events are kept; one more takes the place of the oldest", () => {
  const recent = new RecentEvents();
  for (let n = 1; n <= EVENTS_KEPT; n++) recent.push(raw(n));
  expect(recent.since("a-0")).toHaveLength(EVENTS_KEPT);
  recent.push(raw(EVENTS_KEPT + 1));
  expect(recent.since("a-0")).toBeUndefined();
  expect(recent.since("a-1")).toHaveLength(EVENTS_KEPT);
});

test("so many characters are kept; one more takes the place of the oldest event", () => {
  const recent = new RecentEvents();
  const half = "x".repeat(CHARACTERS_KEPT / 2);
  recent.push(raw(1, half));
  recent.push(raw(2, half));
  expect(recent.since("a-0")).toHaveLength(2);
  recent.push(raw(3, "x"));
  expect(recent.since("a-0")).toBeUndefined();
  expect(recent.since("a-1")).toHaveLength(2);
});
