import type { Cost, TransportName } from "./costs";
import type { Tally } from "./tally";

/** What was measured of one transport; undefined is what is not known (yet). */
export interface Figures {
  readonly name: TransportName;
  readonly readings: number;
  readonly missing: number;
  readonly messages: number;
  readonly bytesRead: number;
  readonly delayMs:
    | { readonly p50: number; readonly p95: number; readonly p99: number }
    | undefined;
  readonly backMs: number | undefined;
  /** The server's: per reading that this page saw, of what it spent on each of its messages. */
  readonly serverBytes: number | undefined;
  readonly serverMicroseconds: number | undefined;
}

/** Puts together what the page saw and what the server spent meanwhile. */
export function figuresOf(
  name: TransportName,
  tally: Tally,
  missing: number,
  spent: Cost | undefined,
): Figures {
  const readings = tally.seen.size;
  const each = (total: number | undefined) =>
    total === undefined || spent === undefined || spent.messages <= 0 || readings === 0
      ? undefined
      : (total / spent.messages) * (tally.messages / readings);
  return {
    name,
    readings,
    missing,
    messages: tally.messages,
    bytesRead: tally.bytes,
    delayMs: delayOf(tally),
    backMs: tally.backMs.at(-1),
    serverBytes: each(spent?.bytes),
    serverMicroseconds: each(spent && spent.cpuSeconds * 1e6),
  };
}

function delayOf({ delays }: Tally): Figures["delayMs"] {
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((part) => delays.percentile(part));
  if (p50 === undefined || p95 === undefined || p99 === undefined) return undefined;
  return { p50, p95, p99 };
}
