import { isSensorRecord } from "../senml";
import type { Tally } from "./tally";

/** One transport at work. */
export interface Lane {
  start(): void;
  stop(): void;
  /** Loses the connection, as if the network were gone for so long. */
  cut(outageMs: number): void;
}

/** What a lane needs of the page: where the feed is, and what time it is there (Unix ms). */
export interface LanePage {
  readonly feed: string;
  /** Query without a position; asked at each connection, for a ticket is good once. */
  readonly query: () => Promise<URLSearchParams>;
  readonly headers: () => Record<string, string>;
  readonly now: () => number;
}

/** What an open connection says. */
export interface Ear {
  message(type: string, id: string, data: unknown, bytes: number): void;
  lost(): void;
}

/** Opens a connection; returns the way to close it. */
export type Open = (url: string, ear: Ear) => () => void;

const AGAIN_MS = 1_000;

/** A lane over a connection that stays: it comes back with the last position that it saw. */
export class StreamLane implements Lane {
  private close: (() => void) | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private position = "";
  private stopped = false;
  private attempt = 0;

  constructor(
    private readonly page: LanePage,
    private readonly path: string,
    private readonly open: Open,
    private readonly tally: Tally,
  ) {}

  start(): void {
    void this.connect();
  }

  stop(): void {
    this.stopped = true;
    this.drop();
  }

  cut(outageMs: number): void {
    this.drop();
    this.retry = setTimeout(() => {
      this.tally.awaitReturn(this.page.now());
      void this.connect();
    }, outageMs);
  }

  private async connect(): Promise<void> {
    this.drop();
    const attempt = this.attempt;
    const query = await this.page.query().catch(() => undefined);
    if (this.stopped || attempt !== this.attempt) return;
    if (query === undefined) {
      this.comeBack();
      return;
    }
    if (this.position !== "") query.set("last_event_id", this.position);
    this.close = this.open(`${this.page.feed}${this.path}?${query}`, {
      message: (type, id, data, bytes) => {
        if (attempt === this.attempt) this.hear(type, id, data, bytes);
      },
      lost: () => {
        if (attempt === this.attempt) this.comeBack();
      },
    });
  }

  private hear(type: string, id: string, data: unknown, bytes: number): void {
    const now = this.page.now();
    this.tally.hear(bytes, now);
    if (id !== "") this.position = id;
    if (type === "readings" || type === "snapshot") this.tally.take(recordsOf(data), now);
    if (type === "drain" || type === "busy") this.comeBack();
  }

  private comeBack(): void {
    this.drop();
    if (!this.stopped) this.retry = setTimeout(() => void this.connect(), AGAIN_MS);
  }

  private drop(): void {
    this.attempt += 1;
    clearTimeout(this.retry);
    this.close?.();
    this.close = undefined;
  }
}

/** The usable records of a pack that is parsed already. */
export function recordsOf(data: unknown) {
  return Array.isArray(data) ? data.filter(isSensorRecord) : [];
}

const encoder = new TextEncoder();

export function bytesOf(text: string): number {
  return encoder.encode(text).length;
}
