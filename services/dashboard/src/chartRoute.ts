/** What the large chart shows, as it stands in the address: `?chart=…&chart=…&span=900&at=21.5`. */
export interface ChartChoice {
  /** Full names; none: no large chart is open. */
  readonly sensors: readonly string[];
  readonly spanSeconds: number;
  /** Values a line is drawn at, on the first sensor's scale. */
  readonly thresholds: readonly number[];
}

export const SPANS = [300, 900, 3600] as const;

/** Lines beyond this can't be told apart. */
export const SENSORS_MAX = 8;
export const THRESHOLDS_MAX = 4;
const NAME_MAX = 512;

export function readChoice(query: URLSearchParams): ChartChoice {
  const names = query.getAll("chart").filter((name) => name !== "" && name.length <= NAME_MAX);
  const span = Number(query.get("span"));
  const numbers = query.getAll("at").filter((text) => text.trim() !== "");
  return {
    sensors: [...new Set(names)].slice(0, SENSORS_MAX),
    spanSeconds: SPANS.find((known) => known === span) ?? SPANS[0],
    thresholds: numbers.map(Number).filter(Number.isFinite).slice(0, THRESHOLDS_MAX),
  };
}

/** Writes the choice into an address's query; a chart that is closed leaves nothing there. */
export function writeChoice(query: URLSearchParams, choice: ChartChoice): URLSearchParams {
  const written = new URLSearchParams(query);
  for (const name of ["chart", "span", "at"]) written.delete(name);
  if (choice.sensors.length === 0) return written;
  for (const name of choice.sensors) written.append("chart", name);
  if (choice.spanSeconds !== SPANS[0]) written.set("span", String(choice.spanSeconds));
  for (const threshold of choice.thresholds) written.append("at", String(threshold));
  return written;
}
