import { ServerClock } from "../clock";
import { type FeedEvent, type FeedEventType, parseFeedEvent } from "../feedEvent";
import type { Ledger } from "../ledger";
import { isAfter, type Position, parsePosition } from "../position";
import type { SensorRecord } from "../senml";
import { Filter } from "./filter";
import { LatestRecords } from "./latestRecords";
import { RecentEvents } from "./recentEvents";

/** One event as the feed wrote it, and the position that the tab it came to held before it. */
export interface RawEvent {
  readonly after: string | null;
  readonly type: FeedEventType;
  readonly data: string;
  readonly id: string;
}

/** What the one stream of all tabs is asked for; no `maxHz` is every reading. */
export interface Asked {
  readonly patterns: readonly string[];
  readonly maxHz: number | undefined;
}

/** What becomes of an event from another tab: taken, held already, or after something missing. */
export type Acceptance = "taken" | "repeat" | "hole";

export interface IntakeOptions {
  readonly ledger: Ledger;
  /** Hears what is new and concerns this tab's filter. */
  readonly onEvent: (event: FeedEvent) => void;
}

/**
 * The one way that an event takes into a tab, from its own stream or from another tab's: read,
 * brought down to the tab's filter, written down, passed on. The position held is the stream's own,
 * whatever the filter, so that all tabs of a browser are at one place.
 */
export class Intake {
  readonly recent = new RecentEvents();
  readonly latest = new LatestRecords();
  filter = new Filter();
  asked: Asked = { patterns: [], maxHz: undefined };
  /** The server's wall clock, by the last event that told. */
  readonly clock = new ServerClock();
  private counted = "";

  constructor(private readonly options: IntakeOptions) {}

  get ledger(): Ledger {
    return this.options.ledger;
  }

  get position(): string | null {
    return this.ledger.page.lastId;
  }

  /** Whether the stream brings all that this tab wants. */
  get covered(): boolean {
    return new Filter(this.asked.patterns).covers(this.filter);
  }

  /** Takes what the feed sent; `onFresh` hears it raw if it is new. */
  take(
    type: FeedEventType,
    data: unknown,
    id: string,
    onFresh: (raw: RawEvent) => void = () => {},
  ): FeedEvent | undefined {
    const event = parseFeedEvent(type, data, id);
    if (event === undefined || typeof data !== "string") {
      this.ledger.takeMalformed();
      return undefined;
    }
    const raw = { after: this.position, type, data, id };
    if (this.write(event)) {
      if (this.position !== raw.after || type === "snapshot") this.recent.push(raw);
      onFresh(raw);
    }
    return event;
  }

  /** Takes an event that another tab passed on, if it follows what this one holds. */
  accept(raw: RawEvent): { acceptance: Acceptance; event?: FeedEvent } {
    const acceptance = this.place(raw);
    if (acceptance !== "taken") return { acceptance };
    const event = this.take(raw.type, raw.data, raw.id);
    return event === undefined ? { acceptance } : { acceptance, event };
  }

  /** Takes an event that this page made from another tab's state; nothing is to be passed on. */
  write(event: FeedEvent): boolean {
    if ("serverTime" in event && event.serverTime !== undefined) {
      this.clock.set(event.serverTime);
    }
    const own = this.own(event);
    const fresh = this.ledger.take(own);
    if (fresh && "records" in event) this.latest.take(event.records);
    const says = own.type !== "readings" || own.records.length > 0;
    if (fresh && says) this.options.onEvent(own);
    return fresh;
  }

  /** Takes the latest values of sensors that a wider filter brought in: no place in the log. */
  addLatest(records: readonly SensorRecord[]): void {
    const newer = records.filter((record) => this.latest.isNews(record));
    this.latest.take(newer);
    const own = newer.filter((record) => this.filter.wants(record.n));
    if (own.length > 0) {
      this.options.onEvent({ type: "snapshot", position: undefined, records: own });
    }
  }

  /** What is wanted or asked for has changed: from here on the ledger counts in its way. */
  recount(): void {
    const { patterns, maxHz } = this.asked;
    const every = patterns.length + this.filter.patterns.length === 0 && maxHz === undefined;
    const counted = JSON.stringify([this.filter.patterns, maxHz, this.covered]);
    if (counted !== this.counted || every !== this.ledger.page.every) {
      this.ledger.countAnew(every);
    }
    this.counted = counted;
    this.ledger.page.maxHz = maxHz ?? null;
    this.ledger.page.filter = this.filter.patterns;
  }

  private own(event: FeedEvent): FeedEvent {
    if (!("records" in event) || this.filter.patterns.length === 0) return event;
    return { ...event, records: event.records.filter((record) => this.filter.wants(record.n)) };
  }

  private place(raw: RawEvent): Acceptance {
    const at = parsePosition(raw.id);
    if (raw.after === this.position || at === undefined) return "taken";
    const held = this.ledger.position;
    return held !== undefined && isWithin(at, held) ? "repeat" : "hole";
  }
}

/** True when `held` includes `at`: the same log, no later place. */
export function isWithin(at: Position, held: Position): boolean {
  return at.epoch === held.epoch && !isAfter(at, held);
}
