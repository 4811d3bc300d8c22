import { isObject, parseJson } from "./json";
import { isSensorRecord, type SensorRecord } from "./senml";
import { Credentials } from "./ticket";

const HISTORY = "/feed/readings/history";

/** The most that one answer holds (protocol.md, `limit`). */
const LIMIT = 5000;

/** Answers asked for at most for one span: 40,000 readings, then the rest stays unknown. */
export const PAGES_MAX = 8;

export interface Page {
  readonly readings: readonly SensorRecord[];
  /** The span has older ones that aren't here. */
  readonly more: boolean;
}

export interface Span {
  readonly since: number;
  /** Undefined: whatever came, also readings that were stored long after their own time. */
  readonly until: number | undefined;
}

type Fetch = (address: string, init: RequestInit) => Promise<Response>;

/** Reads a page of stored readings; undefined when it is none. Records of no use are left out. */
export function parsePage(text: string): Page | undefined {
  const page = parseJson(text);
  if (!isObject(page) || !Array.isArray(page["readings"])) return undefined;
  return { readings: page["readings"].filter(isSensorRecord), more: page["more"] === true };
}

/**
 * Stored readings of a span, page by page from the newest back, each handed over as it comes.
 * True when the whole span was given; a refusal ends it early: the chart then shows what there is.
 */
export async function backfill(
  sensors: readonly string[],
  { since, until }: Span,
  take: (readings: readonly SensorRecord[]) => void,
  signal: AbortSignal,
  {
    pages = PAGES_MAX,
    ask = (address, init) => fetch(address, { ...init, headers: new Credentials().headers }),
  }: { pages?: number; ask?: Fetch } = {},
): Promise<boolean> {
  let before: number | undefined = until;
  for (let page = 0; page < pages; page++) {
    const answer = await read(addressOf(sensors, { since, until: before }), signal, ask);
    if (answer === undefined) return false;
    take(answer.readings);
    // With `until` the feed looks no further than a minute after it, where a recording isn't stored.
    if (!answer.more) return page === 0 || until !== undefined || answer.readings.length > 0;
    const oldest = Math.min(...answer.readings.map((reading) => reading.t));
    // No progress: the feed's work for one answer ended before it found any.
    if (!(oldest < (before ?? Number.POSITIVE_INFINITY))) return false;
    before = oldest;
  }
  return false;
}

function addressOf(sensors: readonly string[], { since, until }: Span): string {
  const query = new URLSearchParams(sensors.map((sensor) => ["sensor", sensor]));
  query.set("since", Math.max(0, since).toFixed(3));
  if (until !== undefined) query.set("until", Math.max(0, until).toFixed(3));
  query.set("limit", String(LIMIT));
  return `${HISTORY}?${query}`;
}

async function read(address: string, signal: AbortSignal, ask: Fetch): Promise<Page | undefined> {
  try {
    const answer = await ask(address, { signal, cache: "no-store" });
    return answer.ok ? parsePage(await answer.text()) : undefined;
  } catch {
    return undefined;
  }
}
