import type { FeedEvent } from "../feedEvent";
import type { FeedFacts } from "../feedState";
import type { LedgerPage } from "../ledger";
import type { ConnectionEntry } from "./connectionLog";

/**
 * How this tab gets the readings: over its own stream that it shares (`leader`), through the leader
 * (`follower`), or over a stream for itself, where the browser can't share one (`alone`).
 */
export type Role = "joining" | "leader" | "follower" | "alone";

/** From a reading's own time to this tab, in seconds, over the last readings; see delay.ts. */
export interface Delay {
  readonly newest: number;
  readonly median: number;
  readonly p95: number;
}

/** The readings as a view sees them, whichever tab holds the connection. */
export interface LiveFeed {
  readonly role: Role;
  readonly facts: FeedFacts;
  /** The tab's own ledger, plain data. */
  readonly ledger: LedgerPage;
  /** Gaps, reconnects, changes of leader and rate, oldest first; bounded. */
  readonly log: readonly ConnectionEntry[];
  /** Undefined until a reading has come. */
  readonly delay: Delay | undefined;
  /** What the stream is asked for now: undefined is every reading. */
  readonly maxHz: number | undefined;
  /** Tabs that share the stream, as far as this tab knows; 1 when alone. */
  readonly tabs: number;

  /** Asks for the sensors that match one of the patterns; none means all. May be called at any time. */
  setFilter(patterns: readonly string[]): void;
  /** Hears what concerns this tab's filter: hello, snapshot, readings, gap, … Returns the way out. */
  onEvent(hear: (event: FeedEvent) => void): () => void;
  /** Hears each new entry of the log. */
  onLog(hear: (entry: ConnectionEntry) => void): () => void;

  start(): void;
  /** The network or the page is back: no sense in waiting for the rest of a backoff. */
  wake(): void;
}
