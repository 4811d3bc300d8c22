import { FEED_EVENT_TYPES, type FeedEventType } from "../feedEvent";
import { AT_START, type FeedFacts, type Phase } from "../feedState";
import { type Fields, finiteOr, isObject, textOr } from "../json";
import { isSensorRecord, type SensorRecord } from "../senml";
import type { RawEvent } from "./intake";

/**
 * The version is part of the name, so that a tab with another version of the page, which stays open
 * across an update, has a leader and a stream of its own instead of half understanding this one.
 */
export const TABS = "airwave.feed.1";

/** Everything that tabs say to each other; `from` is the tab's id, `term` counts the leaders. */
export type TabMessage = { readonly from: string } & (
  | { readonly kind: "lead"; readonly term: number; readonly position: string | null }
  | ({ readonly kind: "want" } & Want)
  | { readonly kind: "bye" }
  | { readonly kind: "ping" }
  | { readonly kind: "pong" | "roll"; readonly term: number; readonly tabs: number }
  | { readonly kind: "heir"; readonly term: number; readonly to: string }
  | ({ readonly kind: "stream"; readonly term: number } & StreamSaid)
  | { readonly kind: "facts"; readonly term: number; readonly facts: FeedFacts }
  | { readonly kind: "event"; readonly term: number; readonly raw: RawEvent }
  | { readonly kind: "fill"; readonly to: string; readonly events: readonly RawEvent[] }
  | { readonly kind: "latest"; readonly term: number; readonly records: readonly SensorRecord[] }
  | ({ readonly kind: "state"; readonly to: string } & StateSaid)
);

/** What a tab wants of the stream, and where it stands. `maxHz` null: every reading. */
export interface Want {
  readonly patterns: readonly string[];
  readonly maxHz: number | null;
  readonly hidden: boolean;
  readonly position: string | null;
  /** It misses something and asks for the present state. */
  readonly fresh: boolean;
}

export interface StreamSaid {
  readonly patterns: readonly string[];
  readonly maxHz: number | null;
}

export interface StateSaid extends StreamSaid {
  readonly term: number;
  readonly position: string;
  readonly records: readonly SensorRecord[];
  /** Seconds from the wall clock of this machine to the server's. */
  readonly serverAhead: number;
  readonly facts: FeedFacts;
}

const readers: Record<TabMessage["kind"], (fields: Fields) => object | undefined> = {
  lead: (fields) => ({ term: term(fields), position: idOrNull(fields["position"]) }),
  want: (fields) => ({
    ...stream(fields),
    hidden: fields["hidden"] === true,
    position: idOrNull(fields["position"]),
    fresh: fields["fresh"] === true,
  }),
  bye: () => ({}),
  ping: () => ({}),
  pong: (fields) => ({ term: term(fields), tabs: finiteOr(fields["tabs"], 1) }),
  roll: (fields) => ({ term: term(fields), tabs: finiteOr(fields["tabs"], 1) }),
  heir: (fields) => ({ term: term(fields), to: textOr(fields["to"], "") }),
  stream: (fields) => ({ term: term(fields), ...stream(fields) }),
  facts: (fields) => ({ term: term(fields), facts: parseFacts(fields["facts"]) }),
  event: (fields) => {
    const raw = parseRaw(fields["raw"]);
    return raw && { term: term(fields), raw };
  },
  fill: (fields) => ({
    to: textOr(fields["to"], ""),
    events: list(fields["events"])
      .map(parseRaw)
      .filter((raw) => raw !== undefined),
  }),
  latest: (fields) => ({ term: term(fields), records: records(fields) }),
  state: (fields) => {
    const position = idOrNull(fields["position"]);
    if (position === null) return undefined;
    return {
      to: textOr(fields["to"], ""),
      term: term(fields),
      position,
      records: records(fields),
      serverAhead: finiteOr(fields["serverAhead"], 0),
      facts: parseFacts(fields["facts"]),
      ...stream(fields),
    };
  },
};

/** Reads what came over the channel; undefined is nothing this version says. */
export function parseTabMessage(value: unknown): TabMessage | undefined {
  if (!isObject(value)) return undefined;
  const { kind, from } = value;
  if (typeof kind !== "string" || typeof from !== "string" || from === "") return undefined;
  if (!Object.hasOwn(readers, kind)) return undefined;
  const fields = readers[kind as TabMessage["kind"]](value);
  return fields && ({ kind, from, ...fields } as TabMessage);
}

function term(fields: Fields): number {
  return finiteOr(fields["term"], 0);
}

function idOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function stream(fields: Fields): StreamSaid {
  const patterns = list(fields["patterns"]).filter((pattern) => typeof pattern === "string");
  return { patterns, maxHz: finiteOr(fields["maxHz"], null) };
}

function records(fields: Fields): readonly SensorRecord[] {
  return list(fields["records"]).filter(isSensorRecord);
}

function parseRaw(value: unknown): RawEvent | undefined {
  if (!isObject(value)) return undefined;
  const { type, data, id } = value;
  const known = FEED_EVENT_TYPES.includes(type as FeedEventType);
  if (!known || typeof data !== "string" || typeof id !== "string") return undefined;
  return { type: type as FeedEventType, data, id, after: idOrNull(value["after"]) };
}

const PHASES: readonly Phase[] = ["connecting", "open", "resuming", "draining", "busy", "offline"];

function parseFacts(value: unknown): FeedFacts {
  if (!isObject(value) || !PHASES.includes(value["phase"] as Phase)) return AT_START;
  return {
    phase: value["phase"] as Phase,
    stale: value["stale"] === true,
    gapOpen: value["gapOpen"] === true,
    upstreamDown: value["upstreamDown"] === true,
    signedOut: value["signedOut"] === true,
    endsAt: finiteOr(value["endsAt"], undefined),
    heardAt: finiteOr(value["heardAt"], undefined),
    downSince: finiteOr(value["downSince"], undefined),
    retryAt: finiteOr(value["retryAt"], undefined),
  };
}
