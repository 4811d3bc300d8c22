import { make, setText } from "../dom";
import type { TransportName } from "./costs";
import type { Figures } from "./figures";
import { bytes, count, known, microseconds, milliseconds } from "./format";
import type { Tally } from "./tally";

const NAMES: Readonly<Record<TransportName, string>> = {
  sse: "Server-Sent Events",
  websocket: "WebSocket",
  polling: "Polling",
};

/** Ends of the bars' spans, in milliseconds. */
const BOUNDS = [2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000];

type Line = readonly [label: string, id: string, words: (figures: Figures) => string];

const LINES: readonly Line[] = [
  ["Readings seen", "readings", (one) => count(one.readings)],
  ["Not seen", "missing", (one) => count(one.missing)],
  ["Messages", "messages", (one) => count(one.messages)],
  ["Read by this page", "bytes", (one) => bytes(one.bytesRead)],
  ["Delay, half of all", "p50", (one) => known(one.delayMs?.p50, milliseconds)],
  ["Delay, 95 %", "p95", (one) => known(one.delayMs?.p95, milliseconds)],
  ["Delay, 99 %", "p99", (one) => known(one.delayMs?.p99, milliseconds)],
  ["Back after a cut", "back", (one) => known(one.backMs, milliseconds)],
  ["Server: bytes a reading", "server-bytes", (one) => known(one.serverBytes, bytes)],
  ["Server: CPU a reading", "server-cpu", (one) => known(one.serverMicroseconds, microseconds)],
];

/** One transport's figures and the spread of its delays. */
export class LaneCard {
  readonly element: HTMLElement;
  private readonly cells = new Map<string, HTMLElement>();
  private readonly bars: HTMLElement[];
  private readonly spread: HTMLElement;

  constructor(private readonly name: TransportName) {
    const facts = make("dl", { class: "lab-facts" });
    for (const [label, id] of LINES) {
      const cell = make("dd", { testId: `lab-${name}-${id}`, text: "–" });
      this.cells.set(id, cell);
      facts.append(make("div", {}, make("dt", { text: label }), cell));
    }
    this.bars = [...BOUNDS, Number.POSITIVE_INFINITY].map(() => make("span", { class: "lab-bar" }));
    this.spread = make(
      "div",
      { class: "lab-spread", attributes: { role: "img", "aria-label": "No delays yet" } },
      ...this.bars,
    );
    this.element = make(
      "section",
      { class: "card lab-lane", attributes: { "aria-label": NAMES[name] } },
      make("h3", { text: NAMES[name] }),
      facts,
      this.spread,
      make("p", {
        class: "hint lab-axis",
        text: "2 ms to 2 s and more; each bar about twice the last",
      }),
    );
  }

  show(figures: Figures, tally: Tally): void {
    for (const [, id, words] of LINES) {
      const cell = this.cells.get(id);
      if (cell !== undefined) setText(cell, words(figures));
    }
    const spread = tally.delays.spread(BOUNDS);
    const most = Math.max(1, ...spread);
    for (const [at, bar] of this.bars.entries()) {
      bar.style.height = `${Math.round(((spread[at] ?? 0) / most) * 100)}%`;
    }
    this.spread.setAttribute("aria-label", `Delays of ${NAMES[this.name]}: ${inWords(spread)}`);
  }
}

function inWords(spread: readonly number[]): string {
  const told = spread.flatMap((number, at) => {
    if (number === 0) return [];
    const bound = BOUNDS[at];
    return [bound === undefined ? `${number} above 2 s` : `${number} up to ${bound} ms`];
  });
  return told.length === 0 ? "none yet" : told.join(", ");
}
