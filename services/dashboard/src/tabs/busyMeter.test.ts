import { expect, test } from "vitest";
import { BusyMeter } from "./busyMeter";

test("tells the part of the time in which the main thread was held", () => {
  let now = 0;
  const meter = new BusyMeter(1000, () => now);
  now += 1000;
  expect(meter.read()).toBe(0);
  meter.hold(400);
  meter.hold(300);
  now += 1000;
  expect(meter.read()).toBe(0.7);
  now += 2000;
  expect(meter.read()).toBe(0.5);
  meter.hold(5000);
  now += 1000;
  expect(meter.read()).toBe(1);
});
