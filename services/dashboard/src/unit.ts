import type { SensorRecord } from "./senml";

// SenML's names of units (RFC 8428, section 12.1, and RFC 8798) that read differently on a page.
// A Map, because units come from outside and may be called "constructor".
const SYMBOLS = new Map(
  Object.entries({
    Cel: "°C",
    "%RH": "% RH",
    "%EL": "%",
    Ohm: "Ω",
    "1/s": "/s",
    "1/min": "/min",
    "beat/min": "bpm",
    deg: "°",
    "/": "",
    m2: "m²",
    m3: "m³",
    "m/s2": "m/s²",
    "W/m2": "W/m²",
  }),
);

const BINARY_PREFIXES = ["", "Ki", "Mi", "Gi", "Ti", "Pi"];

/** A value split for the page, so that figures align and the unit can be set quieter. */
export interface Shown {
  readonly value: string;
  readonly unit: string;
}

/** The value of a record and its unit, in words a person reads; `whole` as in `showNumber`. */
export function showRecord(record: SensorRecord, whole?: boolean): Shown {
  if (record.v !== undefined) return showNumber(record.v, record.u, whole);
  if (record.vb !== undefined) return { value: record.vb ? "on" : "off", unit: "" };
  return { value: record.vs ?? "", unit: record.u === undefined ? "" : unitSymbol(record.u) };
}

/**
 * A number in its unit; bytes get a binary prefix, because 8236154880 B can't be read. `whole`:
 * all that is written in this place is whole numbers, so that 25 next to 25.3 isn't narrower.
 */
export function showNumber(
  value: number,
  unit: string | undefined,
  whole = Number.isInteger(value),
): Shown {
  if (isBytes(unit)) {
    const { scaled, prefix } = scaleBytes(value);
    return { value: digits(scaled, whole && prefix === ""), unit: prefix + unit };
  }
  return { value: digits(value, whole), unit: unit === undefined ? "" : unitSymbol(unit) };
}

/** A step of an axis of bytes, which has no decimals that it doesn't need. */
export function bytesText(value: number, unit: "B" | "B/s"): string {
  const { scaled, prefix } = scaleBytes(value);
  return `${digits(scaled, Number.isInteger(scaled))} ${prefix}${unit}`;
}

/** A number where the unit stands elsewhere: on a chart's axis and in its key. */
export function showBare(value: number, unit: string | undefined): string {
  const shown = showNumber(value, unit);
  // The prefix of bytes varies with the value, so it can't stand elsewhere.
  return isBytes(unit) ? `${shown.value} ${shown.unit}` : shown.value;
}

export function unitSymbol(unit: string): string {
  return SYMBOLS.get(unit) ?? unit;
}

export function isBytes(unit: string | undefined): unit is "B" | "B/s" {
  return unit === "B" || unit === "B/s";
}

function scaleBytes(value: number): { scaled: number; prefix: string } {
  let scaled = value;
  let step = 0;
  while (Math.abs(scaled) >= 1024 && step < BINARY_PREFIXES.length - 1) {
    scaled /= 1024;
    step += 1;
  }
  return { scaled, prefix: BINARY_PREFIXES[step] ?? "" };
}

/** The extremes of a window, in the unit that stands beside the value. */
export function rangeText(
  min: number,
  max: number,
  unit: string | undefined,
  whole = Number.isInteger(min) && Number.isInteger(max),
): string {
  if (!isBytes(unit)) return span(min, max, whole);
  // One prefix for both: it is the wider number that says how far the line reaches.
  const { scaled, prefix } = scaleBytes(max);
  const low = max === 0 ? min : (min / max) * scaled;
  return `${span(low, scaled, whole && prefix === "")} ${prefix}${unit}`;
}

function span(min: number, max: number, whole: boolean): string {
  const size = Math.max(Math.abs(min), Math.abs(max));
  return min === max
    ? digits(min, whole)
    : `${digits(min, whole, size)} – ${digits(max, whole, size)}`;
}

/** As the reader's language writes numbers. Made once each: making one costs more than using it. */
const FIXED = [0, 1, 2, 3].map(
  (decimals) =>
    new Intl.NumberFormat(undefined, {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
      useGrouping: "min2",
    }),
);

/** Decimals by size, fixed within a size, so that a changing value keeps its width. */
function digits(value: number, whole: boolean, size = Math.abs(value)): string {
  if (size !== 0 && (size >= 1e9 || size < 1e-3)) return value.toExponential(2);
  if (size >= 1000 || whole || value === 0) return fixed(value, 0);
  return fixed(value, size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

function fixed(value: number, decimals: number): string {
  return FIXED[decimals]?.format(value) ?? value.toFixed(decimals);
}
