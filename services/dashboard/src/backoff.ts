/** First ceiling of the wait, and the highest: faults.md, "503/429/401/502 to a native EventSource". */
export const FIRST_CEILING_MS = 500;
export const HIGHEST_CEILING_MS = 30_000;

/**
 * Where the ceiling rests for the first attempts: a restart takes seconds, and a page should be back
 * within ten seconds of it. Only an outage of a minute or so (12 attempts) is knocked at less often.
 */
export const RESTART_CEILING_MS = 8_000;
export const RESTART_ATTEMPTS = 12;

/**
 * A connection that stood this long has proven itself, so that the next loss starts from the
 * beginning. One that is accepted and cut at once must not: it would come back in a hot loop.
 */
export const STEADY_MS = 10_000;

/**
 * Waits between attempts: "full jitter", a random part of a ceiling that doubles. The randomness
 * spreads the clients of a server that died, which a fixed wait would bring back all at once.
 */
export class Backoff {
  private attempts = 0;

  constructor(private readonly random: () => number = Math.random) {}

  /** The next wait in milliseconds; `stoodMs` is how long the connection lost just now had stood. */
  next(stoodMs = 0): number {
    if (stoodMs >= STEADY_MS) this.attempts = 0;
    const highest = this.attempts < RESTART_ATTEMPTS ? RESTART_CEILING_MS : HIGHEST_CEILING_MS;
    const ceiling = Math.min(highest, FIRST_CEILING_MS * 2 ** this.attempts);
    this.attempts = Math.min(this.attempts + 1, RESTART_ATTEMPTS);
    return Math.round(this.random() * ceiling);
  }
}

const SHORTEST_ASKED_MS = 100;
const LONGEST_ASKED_MS = 10 * 60_000;

/**
 * The wait that a server asked for, in milliseconds, if that is a sane number. Bounded both ways:
 * zero must not make a hot loop, and a slip of a unit must not park the page for a day.
 */
export function askedWait(value: unknown): number | undefined {
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) return undefined;
  return Math.min(Math.max(value, SHORTEST_ASKED_MS), LONGEST_ASKED_MS);
}
