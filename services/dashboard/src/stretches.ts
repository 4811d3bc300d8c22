import type { FeedState } from "./feedState";
import type { ConnectionEntry } from "./tabs/connectionLog";

/** A time (page time, ms) in which the connection stood in one way. */
export interface Stretch {
  readonly state: FeedState;
  readonly from: number;
  readonly to: number;
}

/** What the log says of the time from `from` to `to`, oldest first; nothing of before its beginning. */
export function stretchesOf(
  log: readonly ConnectionEntry[],
  from: number,
  to: number,
): readonly Stretch[] {
  const turns = log.filter((entry) => entry.kind === "state");
  return turns.flatMap(({ state, at }, index) => {
    const begin = Math.max(from, at);
    const end = Math.min(to, turns[index + 1]?.at ?? to);
    return end > begin ? [{ state, from: begin, to: end }] : [];
  });
}

/** The part of what is known (0 to 1) in which it was live. */
export function liveShare(stretches: readonly Stretch[]): number {
  const sum = (some: readonly Stretch[]) => some.reduce((all, { from, to }) => all + to - from, 0);
  const all = sum(stretches);
  return all === 0 ? 0 : sum(stretches.filter(({ state }) => state === "live")) / all;
}
