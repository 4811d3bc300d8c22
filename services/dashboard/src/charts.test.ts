// @vitest-environment happy-dom
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CHARTS_MAX, Charts } from "./charts";
import { must } from "./dom";
import { Sensors } from "./sensors";
import { PALETTE } from "./testing/fakeCanvas";
import { FakeScreen } from "./testing/fakeScreen";

let charts: Charts;
let sensors: Sensors;

beforeEach(() => {
  new FakeScreen();
  document.documentElement.innerHTML = readFileSync("index.html", "utf-8");
  sensors = new Sensors(() => 1000);
  charts = new Charts(
    must("charts", HTMLElement),
    () => 1000,
    () => PALETTE,
  );
});
afterEach(() => vi.unstubAllGlobals());

function takeKinds(from: number, to: number): void {
  for (let n = from; n < to; n++) sensors.takeReadings([{ n: `d/kind${n}`, v: n, t: 1000 }]);
  charts.update(sensors.takeChanged());
}

const drawn = () => document.querySelectorAll("[data-testid=chart]").length;
const isToldOfMore = () => !must("charts-full", HTMLElement).hidden;

test("so many kinds have a chart; of one more it is said that it has none", () => {
  takeKinds(0, CHARTS_MAX);
  expect([drawn(), isToldOfMore()]).toEqual([CHARTS_MAX, false]);
  takeKinds(CHARTS_MAX, CHARTS_MAX + 1);
  expect([drawn(), isToldOfMore()]).toEqual([CHARTS_MAX, true]);
});

test("a sensor of a kind that is drawn has its place among them, also when they are full", () => {
  takeKinds(0, CHARTS_MAX);
  sensors.takeReadings([{ n: "other/kind0", v: 1, t: 1000 }]);
  charts.update(sensors.takeChanged());
  expect(isToldOfMore()).toBe(false);
  const plot = document.querySelector("[data-kind=kind0] .plot");
  expect(plot?.getAttribute("aria-label")).toContain("2 lines");
});
