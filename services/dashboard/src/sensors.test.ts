import { describe, expect, test } from "vitest";
import { BREAK } from "./ring";
import { SENSORS_MAX, Sensors, WINDOW_SECONDS } from "./sensors";

const reading = (t: number, v = 1, n = "greenhouse-1/temperature") => ({ n, u: "Cel", v, t });
const only = (sensors: Sensors) => {
  const [sensor] = sensors.all();
  if (sensor === undefined) throw new Error("no sensor");
  return sensor;
};

describe("the sensors", () => {
  test("keep the newest reading of each and tell which changed", () => {
    const sensors = new Sensors(() => 1000);
    sensors.takeReadings([reading(999, 1), reading(1000, 2), reading(1000, 3, "host/cpu/0")]);
    expect([...sensors.takeChanged()].map((sensor) => sensor.record.v)).toEqual([2, 3]);
    expect(sensors.takeChanged().size).toBe(0);
    expect(sensors.size).toBe(2);
  });

  test("are stale after several of their own intervals", () => {
    const sensors = new Sensors(() => 1000);
    sensors.takeSnapshot([reading(940)]);
    expect(only(sensors).isStale(999)).toBe(false);
    expect(only(sensors).isStale(1001)).toBe(true);
    for (const t of [960, 980, 1000]) sensors.takeReadings([reading(t)]);
    expect(only(sensors).isStale(1079)).toBe(false);
    expect(only(sensors).isStale(1081)).toBe(true);
  });

  test("with recorded times are judged by their arrival", () => {
    let now = 1e9;
    const sensors = new Sensors(() => now);
    sensors.takeReadings([reading(5000)]);
    now += 1;
    sensors.takeReadings([reading(5001)]);
    expect(only(sensors).isStale(now + 1)).toBe(false);
    expect(only(sensors).ring?.at(10_002)).toBe(1);
  });

  test("have a time of their own once a live reading says so, and not by falling silent", () => {
    let now = 1e9;
    const sensors = new Sensors(() => now);
    const own = () => only(sensors).ownTime;
    sensors.takeReadings([reading(now)]);
    now += 3600;
    sensors.takeSnapshot([reading(now - 3600)]);
    expect(own()).toBe(false);
    sensors.takeReadings([reading(5000)]);
    expect(own()).toBe(true);
    sensors.takeReadings([reading(now)]);
    expect(own()).toBe(false);
  });

  test("that were silent long before the page began are shown where they are", () => {
    const sensors = new Sensors(() => 10_000);
    sensors.takeSnapshot([reading(5000), reading(9990, 1, "host/cpu/0")]);
    expect(Array.from(sensors.all(), ({ ownTime }) => ownTime)).toEqual([true, false]);
  });

  test("draw no line across a told gap", () => {
    const sensors = new Sensors(() => 1000);
    sensors.takeReadings([reading(990, 7)]);
    sensors.breakLines();
    expect(only(sensors).ring?.at(1981)).toBe(BREAK);
  });

  test("draw truth values, and no texts", () => {
    const sensors = new Sensors(() => 1000);
    sensors.takeReadings([
      { n: "a/door", vb: true, t: 1000 },
      { n: "a/state", vs: "open", t: 1000 },
    ]);
    const [door, state] = sensors.all();
    expect(door?.ring?.at(2000)).toBe(1);
    expect(state?.ring).toBeUndefined();
  });

  test("are bounded in number", () => {
    const sensors = new Sensors(() => 1000);
    const made = (i: number) => reading(1000, i, `made/up/n${i}`);
    sensors.takeReadings(Array.from({ length: SENSORS_MAX }, (_, i) => made(i)));
    expect([sensors.size, sensors.full]).toEqual([SENSORS_MAX, false]);
    sensors.takeReadings([made(SENSORS_MAX), reading(1000, 7, "made/up/n0")]);
    expect([sensors.size, sensors.full]).toEqual([SENSORS_MAX, true]);
    // Those that are held go on.
    expect(sensors.get("made/up/n0")?.record.v).toBe(7);
  });

  test("reach over the charts' whole window", () => {
    const sensors = new Sensors(() => 1000);
    for (let t = 1000 - WINDOW_SECONDS; t <= 1000; t++) sensors.takeReadings([reading(t, t)]);
    expect(only(sensors).ring?.at((1000 - WINDOW_SECONDS) * 2)).toBe(700);
  });
});
