import { expect, test } from "vitest";
import { DelayGauge, READINGS_KEPT } from "./delay";

test("tells the newest, the middle and the slow delay, of events' newest readings", () => {
  const gauge = new DelayGauge();
  expect(gauge.delay).toBeUndefined();
  for (let i = 1; i <= 100; i++) {
    gauge.take(
      [
        { n: "a/b", v: 1, t: 1000 - i / 100 },
        { n: "a/c", v: 1, t: 990 },
      ],
      1000,
    );
  }
  expect(gauge.delay?.newest).toBeCloseTo(1);
  expect(gauge.delay?.median).toBeCloseTo(0.51);
  expect(gauge.delay?.p95).toBeCloseTo(0.96);
});

test("leaves out times that can't be now", () => {
  const gauge = new DelayGauge();
  gauge.take([{ n: "a/b", v: 1, t: 5 }], 1000);
  expect(gauge.delay).toBeUndefined();
});

test("so many readings are remembered; one more takes the place of the oldest", () => {
  const gauge = new DelayGauge();
  const take = (delay: number) => gauge.take([{ n: "a/b", v: 1, t: 1000 - delay }], 1000);
  for (let n = 0; n < READINGS_KEPT / 2; n++) take(1);
  for (let n = 0; n < READINGS_KEPT / 2; n++) take(2);
  expect(gauge.delay?.median).toBe(2);
  for (let n = 0; n < READINGS_KEPT / 2 - 1; n++) take(2);
  expect(gauge.delay?.p95).toBe(2);
  for (let n = 0; n < READINGS_KEPT; n++) take(3);
  expect(gauge.delay?.median).toBe(3);
});
