import { expect, test } from "vitest";
import { Sensors } from "./sensors";
import { windowCsv } from "./windowCsv";

test("the window of each sensor, values beside their names and units", () => {
  const sensors = new Sensors(() => 1000);
  sensors.takeReadings([
    { n: "a/t", u: "Cel", v: 20, t: 999 },
    { n: "a/t", u: "Cel", v: 21, t: 1000 },
    { n: "a/door", vs: "=open", t: 1000 },
  ]);
  expect(windowCsv(sensors.all(), 300).split("\r\n")).toEqual([
    "time,sensor,value,unit",
    "1970-01-01T00:16:39.000Z,a/t,20,Cel",
    "1970-01-01T00:16:40.000Z,a/t,21,Cel",
    "1970-01-01T00:16:40.000Z,a/door,'=open,",
    "",
  ]);
});
