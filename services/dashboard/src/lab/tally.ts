import type { SensorRecord } from "../senml";
import { Delays } from "./delays";

/** Beyond it a time is the device's fault or a recording's, not the way's. */
const PLAUSIBLE_MS = 300_000;

/** What one transport brought to this page since counting began. */
export class Tally {
  messages = 0;
  /** Of the text that the page read: after decompression, without headers. */
  bytes = 0;
  /** Readings, told apart by sensor and time, with their times (Unix ms). */
  readonly seen = new Map<string, number>();
  readonly delays = new Delays();
  /** From the end of each outage to the first thing heard, in milliseconds. */
  readonly backMs: number[] = [];
  /** Whether anything was heard yet, counted or not. */
  heard = false;
  /** Readings of before this time (Unix ms) were on their way while there was no connection. */
  private delaysFrom = 0;
  private waitingSince: number | undefined;
  private begunAt = Number.POSITIVE_INFINITY;

  /** Counts from this time on: what is of before is nobody's. */
  begin(atMs: number): void {
    this.begunAt = atMs;
    this.delaysFrom = Math.max(this.delaysFrom, atMs);
  }

  /** An outage ends: the first thing heard from here on is the way back. */
  awaitReturn(nowMs: number): void {
    this.waitingSince = nowMs;
    this.delaysFrom = nowMs;
  }

  hear(bytes: number, nowMs: number): void {
    this.heard = true;
    if (nowMs >= this.begunAt) {
      this.messages += 1;
      this.bytes += bytes;
    }
    if (this.waitingSince === undefined) return;
    this.backMs.push(nowMs - this.waitingSince);
    this.waitingSince = undefined;
  }

  /** Takes readings; those from before the run are nobody's. */
  take(records: readonly SensorRecord[], nowMs: number): void {
    for (const { n, t } of records) {
      const at = t * 1000;
      if (at < this.begunAt) continue;
      const key = `${n} ${t}`;
      if (this.seen.has(key)) continue;
      this.seen.set(key, at);
      const delay = nowMs - at;
      if (at >= this.delaysFrom && Math.abs(delay) <= PLAUSIBLE_MS) this.delays.take(delay);
    }
  }
}

/**
 * How many readings of `all` each of them has not seen. Only those of up to `untilMs` count: what is
 * younger may still be on its way.
 */
export function missing(all: readonly Tally[], untilMs: number): number[] {
  const due = new Set<string>();
  const counts = all.map(({ seen }) => {
    let count = 0;
    for (const [key, at] of seen) {
      if (at > untilMs) continue;
      due.add(key);
      count += 1;
    }
    return count;
  });
  return counts.map((count) => due.size - count);
}
