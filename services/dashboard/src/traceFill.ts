import { backfill } from "./backfill";
import { isPattern } from "./search";
import type { Traces } from "./traces";

export interface TraceFillOptions {
  readonly traces: Traces;
  /** The server's time in seconds. */
  readonly now: () => number;
  readonly onFilled: () => void;
  /** What the reader is told of it, after that; "" once there is nothing more to say. */
  readonly say: (words: string) => void;
}

/** Asked again at most so often because lines went elsewhere: their times come from devices. */
const REST_SECONDS = 5;

/** Fills the large chart's lines with what is stored of their span. */
export class TraceFill {
  private asking = new AbortController();
  private askedAt = Number.NEGATIVE_INFINITY;
  private since = Number.POSITIVE_INFINITY;
  private ownTime = false;

  constructor(private readonly options: TraceFillOptions) {}

  async load(): Promise<void> {
    const { traces, now, say } = this.options;
    this.asking.abort();
    this.asking = new AbortController();
    const { signal } = this.asking;
    const end = traces.end(now());
    this.askedAt = now();
    this.since = end - traces.spanSeconds;
    this.ownTime = traces.hasOwnTime;
    say("Loading stored readings …");
    // No name at all would ask for every sensor's.
    const names = traces.sensors.filter(isPattern);
    const span = { since: this.since, until: this.ownTime ? undefined : end };
    const whole = names.length === 0 || (await backfill(names, span, this.take, signal));
    if (signal.aborted) return;
    if (whole) traces.mend();
    this.options.onFilled();
    say(this.words(whole));
  }

  stop(): void {
    this.asking.abort();
  }

  /** Asks again if the lines turned out to be of another time than was asked for. */
  tick(): void {
    const { traces, now } = this.options;
    if (now() - this.askedAt < REST_SECONDS) return;
    const since = traces.end(now()) - traces.spanSeconds;
    if (traces.hasOwnTime !== this.ownTime || since < this.since - REST_SECONDS) void this.load();
  }

  private readonly take = (readings: Parameters<Traces["backfill"]>[0]): void => {
    this.options.traces.backfill(readings);
    this.options.onFilled();
  };

  private words(whole: boolean): string {
    if (!whole) return "Some older readings couldn't be had.";
    const { traces, now } = this.options;
    return traces.isBlank(now()) ? "No readings are stored of this time." : "";
  }
}
