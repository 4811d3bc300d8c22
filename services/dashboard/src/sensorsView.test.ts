// @vitest-environment happy-dom
import { beforeEach, describe, expect, test } from "vitest";
import { Sensors } from "./sensors";
import { SensorsView } from "./sensorsView";

const HOSTILE = '<img src=x onerror="alert(1)">';

let container: HTMLElement;
let sensors: Sensors;
let view: SensorsView;

beforeEach(() => {
  container = document.createElement("div");
  sensors = new Sensors(() => 1000);
  view = new SensorsView(container);
});

const texts = (selector: string) =>
  Array.from(container.querySelectorAll(selector), (element) => element.textContent);

describe("the list of sensors", () => {
  test("groups them by device, in the order people count", () => {
    for (const n of ["greenhouse-10/t", "host/cpu/1", "greenhouse-2/t", "host/cpu/0"]) {
      sensors.takeReadings([{ n, v: 1, t: 1000 }]);
    }
    view.update(sensors.takeChanged(), 1000);
    expect(texts("caption")).toEqual(["greenhouse-2", "greenhouse-10", "host"]);
    expect(texts("tbody th")).toEqual(["t", "t", "cpu 0", "cpu 1"]);
  });

  test("writes the newest value into the cell of its sensor", () => {
    sensors.takeReadings([{ n: "greenhouse-1/temperature", u: "Cel", v: 21.4, t: 1000 }]);
    view.update(sensors.takeChanged(), 1000);
    sensors.takeReadings([{ n: "greenhouse-1/temperature", u: "Cel", v: 22.5, t: 1000 }]);
    view.update(sensors.takeChanged(), 1000);
    const cell = '[data-testid="reading-value"][data-sensor="greenhouse-1/temperature"]';
    expect(texts(cell)).toEqual(["22.5"]);
  });

  test("shows what a device says as text, never as markup", () => {
    sensors.takeReadings([{ n: `${HOSTILE}/${HOSTILE}`, u: HOSTILE, vs: HOSTILE, t: 1000 }]);
    view.update(sensors.takeChanged(), 1000);
    expect(container.querySelectorAll("img")).toHaveLength(0);
    expect(texts('[data-testid="reading-value"]')).toEqual([HOSTILE]);
    expect(texts(".unit")).toEqual([HOSTILE]);
  });

  test("lets a value grow old in place", () => {
    sensors.takeReadings([{ n: "a/b", v: 1, t: 1000 }]);
    view.update(sensors.takeChanged(), 1000);
    view.tick(1100);
    expect(texts('[data-testid="reading-age"]')).toEqual(["1 min"]);
    expect(container.querySelector<HTMLElement>("tr[data-sensor]")?.dataset["stale"]).toBe("true");
  });
});
