import { expect, test } from "vitest";
import { compareNames, parseSensorName } from "./sensorName";

test.each([
  ["greenhouse-1/temperature", "greenhouse-1", "temperature", "temperature"],
  ["host/cpu/0", "host", "cpu/0", "cpu"],
  ["host/memory/used", "host", "memory/used", "memory/used"],
  ["replay-office/desk-3/temperature", "replay-office/desk-3", "temperature", "temperature"],
  ["replay-office/temperature", "replay-office", "temperature", "temperature"],
  ["replay-office/cpu/0", "replay-office", "cpu/0", "cpu"],
  ["meter/3", "meter", "3", "3"],
  ["alone", "alone", "alone", "alone"],
  ["//", "//", "//", "//"],
])("%s is of device %s, quantity %s, kind %s", (name, device, quantity, kind) => {
  expect(parseSensorName(name)).toEqual({ device, quantity, kind });
});

test("names are ordered as people count", () => {
  const names = ["g-10/t", "g-2/t", "g-1/t"];
  expect(names.sort(compareNames)).toEqual(["g-1/t", "g-2/t", "g-10/t"]);
});
