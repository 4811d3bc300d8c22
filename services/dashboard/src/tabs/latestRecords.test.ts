import { expect, test } from "vitest";
import { LatestRecords, SENSORS_MAX } from "./latestRecords";

const record = (n: number, t = 1) => ({ n: `d/s${n}`, v: 1, t });

test("so many sensors are held; one more is passed over, and those that are held go on", () => {
  const latest = new LatestRecords();
  latest.take(Array.from({ length: SENSORS_MAX }, (_, n) => record(n)));
  expect(latest.all()).toHaveLength(SENSORS_MAX);
  latest.take([record(SENSORS_MAX), record(0, 2)]);
  expect(latest.all()).toHaveLength(SENSORS_MAX);
  expect(latest.all()[0]?.t).toBe(2);
  expect(latest.isNews(record(0, 2))).toBe(false);
});
