// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Sensors } from "./sensors";
import { ROWS_PER_FRAME, SensorsView, SPARKS_PER_FRAME } from "./sensorsView";
import { FakeScreen } from "./testing/fakeScreen";

const HOSTILE = '<img src=x onerror="alert(1)">';

let container: HTMLElement;
let sensors: Sensors;
let view: SensorsView;

let opened: string[];
let devices: string[];
let screen: FakeScreen;

afterEach(() => vi.unstubAllGlobals());

beforeEach(() => {
  screen = new FakeScreen();
  opened = [];
  devices = [];
  container = document.createElement("div");
  sensors = new Sensors(() => 1000);
  view = new SensorsView({
    container,
    lineColour: () => "black",
    onOpen: (name) => opened.push(name),
    onSeen: () => {},
    onDevice: (device) => devices.push(device),
  });
});

const texts = (selector: string) =>
  Array.from(container.querySelectorAll(selector), (element) => element.textContent);

function show(): void {
  view.take(sensors.takeChanged(), 1000);
  view.draw(1000);
}

describe("the list of sensors", () => {
  test("groups them by device, in the order people count", () => {
    for (const n of ["greenhouse-10/t", "host/cpu/1", "greenhouse-2/t", "host/cpu/0"]) {
      sensors.takeReadings([{ n, v: 1, t: 1000 }]);
    }
    show();
    expect(texts("caption")).toEqual(["greenhouse-2", "greenhouse-10", "host"]);
    expect(texts("tbody .name")).toEqual(["t", "t", "cpu 0", "cpu 1"]);
  });

  test("writes the newest value into the cell of its sensor", () => {
    sensors.takeReadings([{ n: "greenhouse-1/temperature", u: "Cel", v: 21.4, t: 1000 }]);
    show();
    sensors.takeReadings([{ n: "greenhouse-1/temperature", u: "Cel", v: 22.5, t: 1000 }]);
    show();
    const cell = '[data-testid="reading-value"][data-sensor="greenhouse-1/temperature"]';
    expect(texts(cell)).toEqual(["22.5"]);
  });

  test("shows what a device says as text, never as markup", () => {
    sensors.takeReadings([{ n: `${HOSTILE}/${HOSTILE}`, u: HOSTILE, vs: HOSTILE, t: 1000 }]);
    show();
    expect(container.querySelectorAll("img")).toHaveLength(0);
    expect(texts('[data-testid="reading-value"]')).toEqual([HOSTILE]);
    expect(texts(".unit")).toEqual([HOSTILE]);
  });

  test("lets a value grow old in place", () => {
    sensors.takeReadings([{ n: "a/b", v: 1, t: 1000 }]);
    show();
    view.tick(1100);
    expect(texts('[data-testid="reading-age"]')).toEqual(["1 min"]);
    expect(container.querySelector<HTMLElement>("tr[data-sensor]")?.dataset["stale"]).toBe("true");
  });

  test("draws so many rows in a frame, and the others in the next ones", () => {
    const count = ROWS_PER_FRAME + 5;
    for (let n = 0; n < count; n++) sensors.takeReadings([{ n: `d/s${n}`, v: n, t: 1000 }]);
    show();
    expect(view.drawn.mostRows).toBe(ROWS_PER_FRAME);
    expect(view.waiting).toBe(true);
    for (let frame = 0; frame < 20 && view.waiting; frame++) view.draw(1000);
    expect([view.waiting, view.drawn.rows]).toEqual([false, count]);
    expect(view.drawn.mostSparks).toBe(SPARKS_PER_FRAME);
  });

  test("shows only what is wanted, and no device without any", () => {
    sensors.takeReadings([
      { n: "a/t", v: 1, t: 1000 },
      { n: "b/h", v: 1, t: 1000 },
    ]);
    show();
    view.filter((sensor) => sensor.parts.device === "b");
    const cards = Array.from(container.querySelectorAll<HTMLElement>(".device"));
    expect(cards.map((card) => card.hidden)).toEqual([true, false]);
    expect(view.shown).toBe(1);
    expect(devices).toEqual(["a", "b"]);
  });

  test("a row that is chosen says which sensor it is of", () => {
    sensors.takeReadings([{ n: "a/t", v: 1, t: 1000 }]);
    show();
    container.querySelector<HTMLElement>("button.name")?.click();
    expect(opened).toEqual(["a/t"]);
  });

  describe("lines", () => {
    const passes = (from: number, to: number) => {
      const before = view.drawn.sparks;
      for (let now = from; now <= to; now++) {
        view.tick(now);
        view.draw(now);
      }
      return view.drawn.sparks - before;
    };
    const range = () => texts('[data-testid="reading-range"]');

    test("of a silent sensor move with time, a column at a time, and out of the window", () => {
      sensors.takeReadings([{ n: "a/t", u: "Cel", v: 21, t: 999 }]);
      show();
      expect(range()).toEqual(["21"]);
      // 70 pixels are 47 columns of 300 s: one passes every 6.4 s.
      expect(passes(1001, 1006)).toBe(0);
      expect(passes(1007, 1007)).toBe(1);
      expect(passes(1008, 1299)).toBeLessThanOrEqual(47);
      expect(passes(1300, 1320)).toBeGreaterThan(0);
      expect(range()).toEqual([""]);
      expect(passes(1321, 2000)).toBe(0);
    });

    test("of a row that isn't on the screen stay as they are", () => {
      sensors.takeReadings([{ n: "a/t", v: 21, t: 999 }]);
      show();
      for (const row of container.querySelectorAll("tr")) screen.look(row, false);
      expect(passes(1001, 1100)).toBe(0);
    });

    test("of a recording stay where it is", () => {
      sensors.takeReadings([{ n: "tape/t", u: "Cel", v: 21, t: 5 }]);
      show();
      expect(passes(1001, 1400)).toBe(0);
      expect(range()).toEqual(["21"]);
    });
  });
});
