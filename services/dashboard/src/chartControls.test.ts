// @vitest-environment happy-dom
import { readFileSync } from "node:fs";
import { beforeEach, expect, test } from "vitest";
import { ChartControls } from "./chartControls";
import { type ChartChoice, readChoice, SENSORS_MAX, THRESHOLDS_MAX } from "./chartRoute";
import { must } from "./dom";
import type { LargeChart } from "./largeChart";

let names: string[];
let pans: number;
let choice: ChartChoice;

beforeEach(() => {
  document.documentElement.innerHTML = readFileSync("index.html", "utf-8");
  names = [];
  pans = 0;
  choice = readChoice(new URLSearchParams());
  const chart = { pan: () => (pans += 1) } as unknown as LargeChart;
  new ChartControls(must("large", HTMLDialogElement), {
    choice: () => choice,
    choose: (change) => {
      choice = { ...choice, ...change };
    },
    chart: () => chart,
    names: () => names,
    savePicture: () => {},
    saveTable: () => {},
    onLook: () => {},
  });
});

/** Whether the browser would still do what the key means to it. */
function press(init: KeyboardEventInit): boolean {
  const event = new KeyboardEvent("keydown", { ...init, bubbles: true, cancelable: true });
  return must("large", HTMLDialogElement).dispatchEvent(event);
}

test("an arrow pans; with Alt it is the browser's way back", () => {
  expect(press({ key: "ArrowLeft" })).toBe(false);
  expect(press({ key: "ArrowLeft", altKey: true })).toBe(true);
  expect(pans).toBe(1);
});

test("sensors that came after the chart was opened are offered when one is looked for", () => {
  names = ["a/t", "b/t"];
  must("large-name", HTMLInputElement).dispatchEvent(new FocusEvent("focus"));
  const options = must("large-names", HTMLElement).querySelectorAll("option");
  expect(Array.from(options, (option) => option.value)).toEqual(["a/t", "b/t"]);
});

function submit(form: string, field: string, value: string): string {
  const input = must(field, HTMLInputElement);
  input.value = value;
  must(form, HTMLFormElement).dispatchEvent(new Event("submit", { cancelable: true }));
  return input.value;
}

test("so many sensors and thresholds are taken; one more stays in its field", () => {
  for (let n = 0; n < SENSORS_MAX; n++) {
    expect(submit("large-add", "large-name", `d/s${n}`)).toBe("");
  }
  expect(submit("large-add", "large-name", "one/more")).toBe("one/more");
  expect(choice.sensors).toHaveLength(SENSORS_MAX);
  for (let n = 0; n < THRESHOLDS_MAX; n++) {
    expect(submit("large-mark", "large-threshold", String(n))).toBe("");
  }
  expect(submit("large-mark", "large-threshold", "9")).toBe("9");
  expect(choice.thresholds).toEqual([0, 1, 2, 3]);
});
