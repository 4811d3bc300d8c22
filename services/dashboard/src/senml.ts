import { type Fields, isObject, parseJson } from "./json";

/** One resolved SenML record (RFC 8428): what it is of, its unit, one value, and when. */
export interface SensorRecord {
  readonly n: string;
  readonly u?: string;
  readonly v?: number;
  readonly vs?: string;
  readonly vb?: boolean;
  readonly t: number;
}

/**
 * The years 1 to 9999, as ISO 8601 writes them. The feed passes on any finite number; of a far greater
 * one the next second is the same number, and no date can be told.
 */
const FIRST_SECONDS = Date.parse("0001-01-01T00:00:00Z") / 1000;
export const LAST_SECONDS = Date.parse("9999-12-31T23:59:59Z") / 1000;

/** Reads a pack; undefined when it is not one. Records the page can't use are left out. */
export function parsePack(text: unknown): SensorRecord[] | undefined {
  const pack = parseJson(text);
  if (!Array.isArray(pack)) return undefined;
  return pack.filter(isSensorRecord);
}

export function isSensorRecord(value: unknown): value is SensorRecord {
  if (!isObject(value)) return false;
  const { n, u, t } = value;
  const named = typeof n === "string" && n !== "" && (u === undefined || typeof u === "string");
  const dated = typeof t === "number" && t >= FIRST_SECONDS && t <= LAST_SECONDS;
  return named && dated && hasValue(value);
}

function hasValue({ v, vs, vb }: Fields): boolean {
  if (v !== undefined) return typeof v === "number" && Number.isFinite(v);
  if (vs !== undefined) return typeof vs === "string";
  return typeof vb === "boolean";
}

/** The value as a chart's number: booleans step between 0 and 1, texts have no place on an axis. */
export function chartable(record: SensorRecord): number | undefined {
  if (record.v !== undefined) return record.v;
  if (record.vb !== undefined) return record.vb ? 1 : 0;
  return undefined;
}
