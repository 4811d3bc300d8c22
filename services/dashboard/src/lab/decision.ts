import type { TransportName } from "./costs";
import type { Figures } from "./figures";
import { bytes, count, microseconds, milliseconds } from "./format";

/** One line of the decision table: a question, each transport's answer, and whose is good enough. */
export interface DecisionRow {
  readonly question: string;
  readonly answers: Readonly<Record<TransportName, string>>;
  /** Those that nobody beats by much; empty while it was not measured. */
  readonly best: readonly TransportName[];
  readonly measured: boolean;
}

/** A difference below it is a matter of the day. */
const AS_GOOD = 1.25;
/** Nor is one of so little. */
const SAME_MS = 3;

type Measure = (figures: Figures) => number | undefined;

/** The table, filled by what was measured; what no measurement says stands last, and says so. */
export function decisionTable(figures: readonly Figures[]): DecisionRow[] {
  return [
    compared("Readings not seen", figures, (one) => one.missing, count, 0),
    compared("Delay, half of all", figures, (one) => one.delayMs?.p50, milliseconds, SAME_MS),
    compared("Delay, 99 %", figures, (one) => one.delayMs?.p99, milliseconds, SAME_MS),
    compared("Bytes from the server for a reading", figures, (one) => one.serverBytes, bytes, 0),
    compared(
      "Server's CPU for a reading",
      figures,
      (one) => one.serverMicroseconds,
      microseconds,
      0,
    ),
    compared("Back after a cut", figures, (one) => one.backMs, milliseconds, SAME_MS),
    byDesign("Client may speak, too", "no", "yes", "by requests", ["websocket"]),
    byDesign("Plain HTTP: caches, proxies, curl", "yes", "upgrade", "yes", ["sse", "polling"]),
  ];
}

/** The table in a sentence, for these readings and this way. */
export function verdict(figures: readonly Figures[]): string {
  const rows = decisionTable(figures).filter(({ measured, best }) => measured && best.length > 0);
  const measured = figures.filter(({ readings }) => readings > 0);
  if (rows.length < 4 || measured.length < 3) return "";
  const wins = (name: TransportName) => rows.filter(({ best }) => best.includes(name)).length;
  const [sse, websocket, polling] = [wins("sse"), wins("websocket"), wins("polling")];
  const of = `of ${rows.length} measured lines`;
  if (polling >= sse && polling >= websocket) {
    return `Polling is as good as any in ${polling} ${of}: these readings come so seldom that asking is enough.`;
  }
  if (sse >= websocket) {
    return `Server-Sent Events are as good as any in ${sse} ${of}, WebSocket in ${websocket}, polling in ${polling}: for readings that only go one way there is nothing to gain from a WebSocket.`;
  }
  return `WebSocket is as good as any in ${websocket} ${of}, Server-Sent Events in ${sse}, polling in ${polling}: here it is worth its upgrade, also for readings that only go one way.`;
}

function compared(
  question: string,
  figures: readonly Figures[],
  measure: Measure,
  words: (value: number) => string,
  same: number,
): DecisionRow {
  const values = figures.map((one) => [one.name, measure(one)] as const);
  const known = values.flatMap(([, value]) => (value === undefined ? [] : [value]));
  const least = Math.min(...known);
  const answers = { sse: "–", websocket: "–", polling: "–" };
  for (const [name, value] of values) if (value !== undefined) answers[name] = words(value);
  const complete = known.length === figures.length && known.length > 0;
  const best = values.filter(([, value]) => {
    return value !== undefined && value <= Math.max(least * AS_GOOD, least + same);
  });
  return { question, answers, best: complete ? best.map(([name]) => name) : [], measured: true };
}

function byDesign(
  question: string,
  sse: string,
  websocket: string,
  polling: string,
  best: readonly TransportName[],
): DecisionRow {
  return { question, answers: { sse, websocket, polling }, best, measured: false };
}
