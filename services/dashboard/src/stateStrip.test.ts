// @vitest-environment happy-dom
import { beforeEach, expect, test } from "vitest";
import { must } from "./dom";
import { StateStrip } from "./stateStrip";
import type { ConnectionEntry } from "./tabs/connectionLog";

const MINUTE = 60_000;
const START = 1_800_000_000_000;

beforeEach(() => {
  document.body.innerHTML = '<div id="feed-strip"></div>';
});

const place = () => must("feed-strip", HTMLElement);
const marks = () => Array.from(place().querySelectorAll<HTMLElement>("i"));
const states = () => marks().map((mark) => mark.dataset["state"]);

/** Where a mark is seen: percent of the strip, from its left edge. */
function seen(mark: HTMLElement): number[] {
  const by = Number.parseFloat(place().querySelector<HTMLElement>(".band")?.style.left ?? "");
  const left = Number.parseFloat(mark.style.left) + by;
  return [left, left + Number.parseFloat(mark.style.width)];
}

/** As many turns as the log holds, two a second. */
const restless: readonly ConnectionEntry[] = Array.from({ length: 200 }, (_, n) => ({
  at: START + n * 500,
  kind: "state",
  state: n % 2 === 0 ? "offline" : "live",
  before: n % 2 === 0 ? "live" : "offline",
}));

test("what happened once is drawn once, while time goes on", async () => {
  const strip = new StateStrip();
  const now = START + 100_000;
  strip.update(restless, now);
  expect(marks()).toHaveLength(200);
  let changed = 0;
  const watch = new MutationObserver((changes) => {
    for (const one of changes) changed += one.addedNodes.length + one.removedNodes.length;
  });
  watch.observe(place(), { childList: true, subtree: true });
  for (let second = 1; second <= 60; second++) strip.update(restless, now + second * 1000);
  await new Promise((resolve) => setTimeout(resolve));
  watch.disconnect();
  expect(changed).toBe(0);
});

test("a stretch lies where it was, and leaves with the quarter of an hour", () => {
  const strip = new StateStrip();
  const log: ConnectionEntry[] = [
    { at: START, kind: "state", state: "live", before: "connecting" },
    { at: START + 3 * MINUTE, kind: "state", state: "offline", before: "live" },
    { at: START + 6 * MINUTE, kind: "state", state: "live", before: "offline" },
    { at: START + 6 * MINUTE, kind: "gap", from: "a-1", to: "a-9", reason: "evicted" },
  ];
  strip.update(log, START + 9 * MINUTE);
  expect(states()).toEqual(["live", "offline", "live", "told"]);
  expect(marks().map(seen)).toEqual([
    [40, 60],
    [60, 80],
    [80, 100],
    [80, 80],
  ]);
  strip.update(log, START + 12 * MINUTE);
  expect(marks().map(seen)).toEqual([
    [20, 40],
    [40, 60],
    [60, 100],
    [60, 60],
  ]);
  strip.update(log, START + 19 * MINUTE);
  expect(states()).toEqual(["offline", "live", "told"]);
  strip.update(log, START + 60 * MINUTE);
  expect(states()).toEqual(["live"]);
});

test("what is new is added to it", () => {
  const strip = new StateStrip();
  const log: ConnectionEntry[] = [
    { at: START, kind: "state", state: "live", before: "connecting" },
  ];
  strip.update(log, START + MINUTE);
  const [first] = marks();
  log.push({ at: START + MINUTE, kind: "state", state: "stale", before: "live" });
  strip.update(log, START + 2 * MINUTE);
  expect(states()).toEqual(["live", "stale"]);
  expect(marks()[0]).toBe(first);
});
