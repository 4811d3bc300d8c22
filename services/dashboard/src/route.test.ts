// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";
import { addressOf, currentRoute, go, onRoute, parseRoute } from "./route";

afterEach(() => history.replaceState(null, "", "/"));

test.each([
  ["/", "readings", undefined],
  ["/rooms", "rooms", undefined],
  ["/rooms/", "rooms", undefined],
  ["/rooms/green-house_1", "rooms", "green-house_1"],
])("%s names a view", (path, view, room) => {
  const route = parseRoute(path);
  expect([route.view, route.room]).toEqual([view, room]);
});

test.each(["/nonsense", "/readings/x", "/rooms/a/b"])(
  "%s names nothing and is the readings",
  (path) => {
    expect(parseRoute(path).view).toBe("readings");
  },
);

test("a room that breaks the token rule is none", () => {
  expect(parseRoute("/rooms/%3Cimg%3E").room).toBeUndefined();
});

test("an address reads back as it was written", () => {
  const query = new URLSearchParams({ q: "green house", sensor: "a/*" });
  const address = addressOf({ view: "rooms", room: "lobby", query });
  const [path = "", search] = address.split("?");
  expect(addressOf(parseRoute(path, search))).toBe(address);
});

test("going somewhere is told once, and going nowhere not at all", () => {
  const hear = vi.fn();
  const leave = onRoute(hear);
  const query = new URLSearchParams();
  go({ view: "rooms", query });
  go({ view: "rooms", query });
  expect(hear).toHaveBeenCalledTimes(1);
  expect(currentRoute().view).toBe("rooms");
  leave();
  go({ view: "readings", query });
  expect(hear).toHaveBeenCalledTimes(1);
});

test("the lab has an address of its own, and nothing below it", () => {
  expect(parseRoute("/lab").view).toBe("lab");
  expect(parseRoute("/lab/x").view).toBe("readings");
  expect(addressOf({ view: "lab", query: new URLSearchParams() })).toBe("/lab");
});
