import type { FeedEvent, FeedEventType } from "./feedEvent";
import type { FeedState } from "./feedState";
import { formatPosition, isAfter, type Position, parsePosition } from "./position";
import type { Role } from "./tabs/liveFeed";

/** A loss the feed told, or one that follows from a fresh start in the middle of the page's life. */
export interface ToldGap {
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  /** Position after which readings are complete again. */
  readonly id: string | null;
}

/**
 * A stretch of positions without a told loss and with one way of counting: where `every` is true,
 * records === offset(lastId) - offset(firstId); else offsets pass without a record, by intent.
 */
export interface Run {
  records: number;
  firstId: string | null;
  lastId: string | null;
  /** False while a filter or a pace leaves readings out. */
  every: boolean;
}

interface SeenEvent {
  readonly type: FeedEventType;
  readonly id: string | null;
  readonly records: number;
  readonly at: number;
}

/** What a browser test reads at `window.airwave`; plain data, so that it survives serialising. */
export interface LedgerPage extends Run {
  state: FeedState;
  /** How this tab gets the readings: over the stream that it shares, through another tab, alone. */
  role: Role;
  /** What the stream is asked for: at most so many events a second, or null for every reading. */
  maxHz: number | null;
  /** This tab's filter; empty is all. */
  filter: readonly string[];
  /** Records of all runs together. */
  total: number;
  /** Sensors the page knows. */
  sensors: number;
  /** Connections that said hello, less the first. */
  reconnects: number;
  gaps: ToldGap[];
  /** Records of `readings` events at or before the position already held. Always 0 if all is well. */
  duplicates: number;
  /** Events whose data was not what their name promises. */
  malformed: number;
  /** Earlier runs, oldest first; the present one is the page's own records, firstId and lastId. */
  runs: Run[];
  /** The last events, oldest first. */
  events: SeenEvent[];
}

export const EVENTS_KEPT = 1000;
export const RUNS_KEPT = 100;

/** Writes down what the stream delivered, so that a test can prove that nothing is missing. */
export class Ledger {
  readonly page: LedgerPage = {
    state: "connecting",
    records: 0,
    firstId: null,
    lastId: null,
    every: true,
    role: "joining",
    maxHz: null,
    filter: [],
    total: 0,
    sensors: 0,
    reconnects: 0,
    gaps: [],
    duplicates: 0,
    malformed: 0,
    runs: [],
    events: [],
  };
  private hellos = 0;
  /** Set by a fresh start after a position was held, until a gap event explains it. */
  private unexplained: { from: string; reason: string } | undefined;

  constructor(private readonly now: () => number = Date.now) {}

  /** The newest position held in full: what to resume from. */
  get position(): Position | undefined {
    return parsePosition(this.page.lastId);
  }

  /** Takes an event; false when it repeats what is already held and is to be left alone. */
  take(event: FeedEvent): boolean {
    const fresh = this.isFresh(event);
    this.note(event);
    switch (event.type) {
      case "hello":
        this.takeHello(event);
        break;
      case "readings":
        this.takeReadings(event.records.length, event.position, fresh);
        break;
      case "gap":
        this.takeGap(event);
        break;
      case "snapshot":
        this.explain(event.position);
        this.advance(event.position);
        break;
      case "heartbeat":
        this.advance(event.position);
        break;
    }
    return fresh;
  }

  takeMalformed(): void {
    this.page.malformed += 1;
  }

  /**
   * From the position held on, other readings are asked for: a new run without a gap, so that each
   * run is counted in one way. `every`: whether each offset is to bring its record.
   */
  countAnew(every: boolean): void {
    const held = this.position;
    if (held !== undefined) this.startRun(held);
    this.page.every = every;
  }

  private isFresh(event: FeedEvent): boolean {
    if (event.type !== "readings") return true;
    const held = this.position;
    if (held === undefined || event.position === undefined) return true;
    return held.epoch !== event.position.epoch || isAfter(event.position, held);
  }

  private takeHello(hello: FeedEvent & { type: "hello" }): void {
    this.hellos += 1;
    this.page.reconnects = this.hellos - 1;
    if (hello.resumed && this.page.lastId !== null) return;
    if (this.page.lastId !== null) {
      this.unexplained = { from: this.page.lastId, reason: hello.reason || "fresh_start" };
    }
    this.startRun(hello.position);
  }

  private takeReadings(records: number, position: Position | undefined, fresh: boolean): void {
    if (!fresh) {
      this.page.duplicates += records;
      return;
    }
    this.page.records += records;
    this.page.total += records;
    this.advance(position);
  }

  private takeGap(gap: FeedEvent & { type: "gap" }): void {
    this.unexplained = undefined;
    const id = gap.position === undefined ? null : formatPosition(gap.position);
    this.page.gaps.push({ from: gap.from, to: gap.to, reason: gap.reason, id });
    this.startRun(gap.position);
  }

  /** A snapshot with no gap before it, after a fresh start: the loss was told by hello alone. */
  private explain(position: Position | undefined): void {
    if (this.unexplained === undefined) return;
    const id = position === undefined ? null : formatPosition(position);
    this.page.gaps.push({ ...this.unexplained, to: id ?? "", id });
    this.unexplained = undefined;
  }

  private startRun(position: Position | undefined): void {
    const { records, firstId, lastId, every } = this.page;
    if (firstId !== null && firstId !== lastId) {
      this.page.runs.push({ records, firstId, lastId, every });
    }
    if (this.page.runs.length > RUNS_KEPT) this.page.runs.shift();
    const id = position === undefined ? null : formatPosition(position);
    Object.assign(this.page, { records: 0, firstId: id, lastId: id });
  }

  private advance(position: Position | undefined): void {
    if (position === undefined) return;
    const held = this.position;
    if (held !== undefined && held.epoch === position.epoch && !isAfter(position, held)) return;
    this.page.lastId = formatPosition(position);
  }

  private note(event: FeedEvent): void {
    const position = "position" in event ? event.position : undefined;
    this.page.events.push({
      type: event.type,
      id: position === undefined ? null : formatPosition(position),
      records: "records" in event ? event.records.length : 0,
      at: this.now(),
    });
    if (this.page.events.length > EVENTS_KEPT) this.page.events.shift();
  }
}
