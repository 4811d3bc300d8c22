// @vitest-environment happy-dom
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ChartDialog } from "./chartDialog";
import { Sensors } from "./sensors";
import { PALETTE, stubCanvas } from "./testing/fakeCanvas";

const NOW = 1_795_343_400;
const TAPE = 1_000_000_000;
const REST_MS = 400;

let now: number;
let sensors: Sensors;
let stored: { n: string; v: number; t: number }[];
let asked: URLSearchParams[];

beforeEach(() => {
  vi.resetModules();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  stubCanvas();
  document.documentElement.innerHTML = readFileSync("index.html", "utf-8");
  history.replaceState(null, "", "/");
  now = NOW;
  sensors = new Sensors(() => now);
  stored = [];
  asked = [];
  vi.stubGlobal("fetch", async (address: string) => {
    asked.push(new URL(address, "http://feed").searchParams);
    return new Response(JSON.stringify({ readings: stored, more: false }), { status: 200 });
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** A page that was opened at an address. */
async function open(search: string): Promise<ChartDialog> {
  history.replaceState(null, "", `/?${search}`);
  // A module of its own: what hears of addresses outlives a test.
  const { ChartDialog } = await import("./chartDialog");
  const dialog = new ChartDialog({
    sensors,
    palette: () => PALETTE,
    now: () => now,
    onCharted: () => {},
  });
  dialog.start();
  await vi.advanceTimersByTimeAsync(0);
  await frame();
  dialog.tick();
  return dialog;
}

const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
const text = (id: string) => document.getElementById(id)?.textContent;
const values = () =>
  Array.from(document.querySelectorAll("[data-testid=large-value]"), (cell) => cell.textContent);
const address = () => new URLSearchParams(location.search);
const part = () => ["from", "to"].map((name) => address().get(name));
const isLive = () => document.getElementById("large-live")?.getAttribute("aria-pressed") === "true";

async function press(id: string): Promise<void> {
  document.getElementById(id)?.click();
  await vi.advanceTimersByTimeAsync(REST_MS);
}

function takeLive(v: number): void {
  sensors.takeReadings([{ n: "a/t", v, t: now }]);
}

test("a recording is shown where it is, with its date", async () => {
  sensors.takeReadings([{ n: "tape/t", v: 7, t: TAPE }]);
  stored = [{ n: "tape/t", v: 6, t: TAPE - 100 }];
  await open("chart=tape%2Ft");
  expect(values()).toEqual(["7"]);
  expect(text("large-moment")).toContain("2001");
  // With an end the feed would look no further than a minute after it.
  expect([asked[0]?.get("since"), asked[0]?.get("until")]).toEqual(["999999700.000", null]);
});

test("a recording that is known only once the chart is open is looked for again", async () => {
  const dialog = await open("chart=tape%2Ft");
  expect(text("large-note")).toBe("No readings are stored of this time.");
  stored = [{ n: "tape/t", v: 6, t: TAPE - 100 }];
  const records = [{ n: "tape/t", v: 7, t: TAPE }];
  sensors.takeSnapshot(records);
  dialog.take(records);
  dialog.tick();
  expect(asked).toHaveLength(1);
  now += 5;
  dialog.tick();
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toHaveLength(2);
  expect(asked[1]?.get("until")).toBeNull();
  expect(text("large-note")).toBe("");
  for (now += 6; now < NOW + 60; now += 6) dialog.tick();
  expect(asked).toHaveLength(2);
});

test("what is looked at stands in the address once it rests, and Live takes it away", async () => {
  takeLive(1);
  await open("chart=a%2Ft");
  const steps = history.length;
  document.getElementById("large-closer")?.click();
  expect(part()).toEqual([null, null]);
  await press("large-closer");
  expect(part()).toEqual([String(NOW - 187.5), String(NOW - 112.5)]);
  expect(history.length).toBe(steps);
  await press("large-live");
  expect(part()).toEqual([null, null]);
});

test("an address shows the part that it names, and not the whole span", async () => {
  takeLive(1);
  const dialog = await open(`chart=a%2Ft&from=${NOW - 200}&to=${NOW - 100}`);
  expect(isLive()).toBe(false);
  await press("large-closer");
  expect(part()).toEqual([String(NOW - 175), String(NOW - 125)]);
  // Another sensor, another threshold: it is still looked at.
  dialog.open("b/t");
  expect(part()).toEqual([String(NOW - 175), String(NOW - 125)]);
});

test("a part of long ago is looked for where it was, and Live comes back to now", async () => {
  takeLive(1);
  stored = [{ n: "a/t", v: 6, t: NOW - 1810 }];
  const dialog = await open(`chart=a%2Ft&from=${NOW - 2000}&to=${NOW - 1900}`);
  expect(values()).toEqual(["6"]);
  expect([asked[0]?.get("since"), asked[0]?.get("until")]).toEqual([
    `${NOW - 2100}.000`,
    `${NOW - 1800}.000`,
  ]);
  dialog.take([{ n: "a/t", v: 9, t: NOW }]);
  dialog.tick();
  expect(values()).toEqual(["6"]);
  stored = [];
  await press("large-live");
  dialog.tick();
  expect([values(), isLive(), text("large-moment")]).toEqual([["1"], true, "now"]);
  expect(part()).toEqual([null, null]);
});

test("a part stays what it is after the span has gone on without it", async () => {
  takeLive(1);
  const dialog = await open(`chart=a%2Ft&from=${NOW - 290}&to=${NOW - 190}`);
  for (let second = 0; second < 100; second++) {
    now += 1;
    dialog.tick();
  }
  await press("large-later");
  expect(part()).toEqual([String(NOW - 240), String(NOW - 140)]);
});

test("back and forward go between parts", async () => {
  takeLive(1);
  await open(`chart=a%2Ft&from=${NOW - 200}&to=${NOW - 100}`);
  history.replaceState(null, "", `/?chart=a%2Ft&from=${NOW - 100}&to=${NOW - 50}`);
  dispatchEvent(new PopStateEvent("popstate"));
  await press("large-earlier");
  expect(part()).toEqual([String(NOW - 125), String(NOW - 75)]);
});
