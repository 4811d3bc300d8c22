import { LAST_SECONDS } from "./senml";
import type { Stretch } from "./viewport";

/** What the large chart shows, as it stands in the address: `?chart=…&chart=…&span=900&at=21.5`. */
export interface ChartChoice {
  /** Full names; none: no large chart is open. */
  readonly sensors: readonly string[];
  readonly spanSeconds: number;
  /** Values a line is drawn at, on the first sensor's scale. */
  readonly thresholds: readonly number[];
  /** What is looked at (server's time, to the millisecond), as `from=` and `to=`; undefined: all. */
  readonly part: Stretch | undefined;
}

export const SPANS = [300, 900, 3600] as const;

/** Lines beyond this can't be told apart. */
export const SENSORS_MAX = 8;
export const THRESHOLDS_MAX = 4;
export const NAME_MAX = 512;

export function readChoice(query: URLSearchParams): ChartChoice {
  const names = query.getAll("chart").filter((name) => name !== "" && name.length <= NAME_MAX);
  const span = Number(query.get("span"));
  const spanSeconds = SPANS.find((known) => known === span) ?? SPANS[0];
  const numbers = query.getAll("at").filter((text) => text.trim() !== "");
  return {
    sensors: [...new Set(names)].slice(0, SENSORS_MAX),
    spanSeconds,
    thresholds: numbers.map(Number).filter(Number.isFinite).slice(0, THRESHOLDS_MAX),
    part: readPart(query, spanSeconds),
  };
}

/** Writes the choice into an address's query; a chart that is closed leaves nothing there. */
export function writeChoice(query: URLSearchParams, choice: ChartChoice): URLSearchParams {
  const written = new URLSearchParams(query);
  for (const name of ["chart", "span", "at", "from", "to"]) written.delete(name);
  if (choice.sensors.length === 0) return written;
  for (const name of choice.sensors) written.append("chart", name);
  if (choice.spanSeconds !== SPANS[0]) written.set("span", String(choice.spanSeconds));
  for (const threshold of choice.thresholds) written.append("at", String(threshold));
  const part = roundPart(choice.part);
  if (part !== undefined) {
    written.set("from", String(part.from));
    written.set("to", String(part.to));
  }
  return written;
}

/** A part as an address holds it, so that the two can be compared. */
export function roundPart(part: Stretch | undefined): Stretch | undefined {
  return part && { from: toMillisecond(part.from), to: toMillisecond(part.to) };
}

/** A part that nobody could have looked at is none: backwards, as wide as the span, without a date. */
function readPart(query: URLSearchParams, spanSeconds: number): Stretch | undefined {
  const [from, to] = ["from", "to"].map((name) => Number(query.get(name) || Number.NaN));
  if (from === undefined || to === undefined) return undefined;
  const isPart = from >= 0 && to > from && to - from < spanSeconds && to <= LAST_SECONDS;
  return isPart ? roundPart({ from, to }) : undefined;
}

function toMillisecond(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
