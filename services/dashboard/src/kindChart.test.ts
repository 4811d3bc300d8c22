// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Drawn, KindChart, LINES_MAX } from "./kindChart";
import { Sensors } from "./sensors";
import { PALETTE, stubCanvas } from "./testing/fakeCanvas";

let chart: KindChart;
let sensors: Sensors;

beforeEach(() => {
  stubCanvas();
  sensors = new Sensors(() => 1000);
  chart = new KindChart("temperature", "Cel", () => PALETTE);
});
afterEach(() => vi.unstubAllGlobals());

function add(name: string, time = 1000): void {
  sensors.takeReadings([{ n: name, u: "Cel", v: 21, t: time }]);
  chart.add(sensors.get(name) as Drawn);
}

function key(): (string | null)[] {
  chart.draw(1000);
  return Array.from(chart.element.querySelectorAll(".key li"), (item) => item.textContent);
}

test("so many lines are drawn; those beyond are counted under them", () => {
  for (let n = 0; n < LINES_MAX; n++) add(`d${n}/temperature`);
  expect(key()).toHaveLength(LINES_MAX);
  expect(key().at(-1)).toContain("d11");
  add("d12/temperature");
  expect(key()).toHaveLength(LINES_MAX + 1);
  expect(key().at(-1)).toBe("and 1 not drawn");
  add("d13/temperature");
  expect(key().at(-1)).toBe("and 2 not drawn");
});
