import { expect, test } from "vitest";
import { ServerClock } from "./clock";

test("the network's delay doesn't move the clock, a wrong clock does", () => {
  const clock = new ServerClock(() => 1000);
  expect(clock.seconds()).toBe(1000);
  clock.set(999.4);
  expect(clock.seconds()).toBe(1000);
  clock.set(940);
  expect(clock.seconds()).toBe(940);
  clock.set(1060);
  expect(clock.seconds()).toBe(1060);
});
