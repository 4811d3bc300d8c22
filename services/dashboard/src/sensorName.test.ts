import { expect, test } from "vitest";
import { asWords, compareNames, parseSensorName } from "./sensorName";

test.each([
  ["greenhouse-1/temperature", "greenhouse-1", "temperature", "temperature", "greenhouse-1"],
  ["house/kitchen/temperature", "house", "kitchen/temperature", "temperature", "house kitchen"],
  ["replay-office/temperature", "replay-office", "temperature", "temperature", "replay-office"],
  ["rack/fan/speed/2", "rack", "fan/speed/2", "speed", "rack fan 2"],
  ["host/cpu/0", "host", "cpu/0", "host/cpu", "cpu 0"],
  ["host/memory/used", "host", "memory/used", "host/memory", "used"],
  ["host/disk/read", "host", "disk/read", "host/disk", "read"],
  ["host/uptime", "host", "uptime", "host/uptime", "uptime"],
  ["meter/3", "meter", "3", "meter", "meter 3"],
  ["host", "host", "host", "host", "host"],
  ["//", "//", "//", "//", "//"],
])(
  "%s is of device %s, quantity %s, on chart %s as line %s",
  (name, device, quantity, kind, line) => {
    expect(parseSensorName(name)).toEqual({ device, quantity, kind, line });
  },
);

test("tokens read as words", () => {
  const shown = ["soil-moisture", "memory/used", "vent_open", "-"].map(asWords);
  expect(shown).toEqual(["soil moisture", "memory used", "vent open", "-"]);
});

test("names are ordered as people count", () => {
  const names = ["g-10/t", "g-2/t", "g-1/t"];
  expect(names.sort(compareNames)).toEqual(["g-1/t", "g-2/t", "g-10/t"]);
});
