// @vitest-environment happy-dom
import { readFileSync } from "node:fs";
import { beforeEach, expect, test } from "vitest";
import { ChartControls } from "./chartControls";
import { readChoice } from "./chartRoute";
import { must } from "./dom";
import type { LargeChart } from "./largeChart";

let names: string[];
let pans: number;

beforeEach(() => {
  document.documentElement.innerHTML = readFileSync("index.html", "utf-8");
  names = [];
  pans = 0;
  const chart = { pan: () => (pans += 1) } as unknown as LargeChart;
  new ChartControls(must("large", HTMLDialogElement), {
    choice: () => readChoice(new URLSearchParams()),
    choose: () => {},
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
