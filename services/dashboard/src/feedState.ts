/** Where the readings' connection stands, in the words the page and its tests use. */
export type FeedState =
  | "connecting"
  | "live"
  | "resuming"
  | "gap"
  | "upstream_down"
  | "draining"
  | "busy"
  | "offline"
  | "signed_out"
  | "stale";

/** What the stream itself is doing; the rest of the state is what it was told meanwhile. */
export type Phase = "connecting" | "open" | "resuming" | "draining" | "busy" | "offline";

export interface FeedFacts {
  readonly phase: Phase;
  /** The watchdog barked and nothing was heard since. */
  readonly stale: boolean;
  /** A gap was told and its snapshot isn't here yet. */
  readonly gapOpen: boolean;
  readonly upstreamDown: boolean;
  /** The token that let us in has ended, or was refused, and no connection was had since. */
  readonly signedOut: boolean;
  /** Page time (ms) at which the token ends, once the feed has warned of it. */
  readonly endsAt: number | undefined;
  /** Page time (ms) of the last event of any kind. */
  readonly heardAt: number | undefined;
  /** Page time (ms) since which upstream is down. */
  readonly downSince: number | undefined;
  /** Page time (ms) of the next attempt, while one is waited for. */
  readonly retryAt: number | undefined;
}

export const AT_START: FeedFacts = {
  phase: "connecting",
  stale: false,
  gapOpen: false,
  upstreamDown: false,
  signedOut: false,
  endsAt: undefined,
  heardAt: undefined,
  downSince: undefined,
  retryAt: undefined,
};

/** The one state to show: the worst that is true, since a calmer word would be a promise. */
export function stateOf(facts: FeedFacts): FeedState {
  if (facts.signedOut) return "signed_out";
  if (facts.stale) return "stale";
  if (facts.phase !== "open") return facts.phase;
  if (facts.gapOpen) return "gap";
  return facts.upstreamDown ? "upstream_down" : "live";
}

/** True when the values on the page may no longer be the sensors' present ones. */
export function valuesMayBeOld(state: FeedState): boolean {
  return ["stale", "offline", "signed_out", "upstream_down"].includes(state);
}

/** The state as a sentence; `clockTime` writes a page time as the reader's wall time. */
export function describeFeed(
  facts: FeedFacts,
  now: number,
  clockTime: (ms: number) => string,
): string {
  const again = waitText(facts.retryAt, now);
  const since = (at: number | undefined) => (at === undefined ? "" : ` since ${clockTime(at)}`);
  const words: Record<FeedState, string> = {
    connecting: "Connecting",
    live: facts.endsAt === undefined ? "Live" : `Live, sign-in ends at ${clockTime(facts.endsAt)}`,
    resuming: "Resuming",
    gap: "Gap told, catching up",
    upstream_down: `Upstream down${since(facts.downSince)}`,
    draining: `Server is leaving${again}`,
    busy: `Server is full${again}`,
    offline: `Offline${again || since(facts.heardAt)}`,
    signed_out: `Signed out${again}`,
    stale: `Stale${since(facts.heardAt)}${again}`,
  };
  return words[stateOf(facts)];
}

function waitText(retryAt: number | undefined, now: number): string {
  if (retryAt === undefined) return "";
  const seconds = Math.max(0, Math.ceil((retryAt - now) / 1000));
  return seconds === 0 ? ", trying again" : `, trying again in ${seconds} s`;
}
