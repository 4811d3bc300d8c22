/** A stretch of time, in seconds. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** The closest one can look. */
const NEAREST_SECONDS = 5;

/** What of a span is looked at: all of it, moving on with time, or a part that stays. */
export class Viewport {
  private chosen: Stretch | undefined;

  constructor(readonly spanSeconds: number) {}

  get follows(): boolean {
    return this.chosen === undefined;
  }

  /** The part that is looked at; undefined while all of it is. */
  get part(): Stretch | undefined {
    return this.chosen;
  }

  at(now: number): Stretch {
    const whole = { from: now - this.spanSeconds, to: now };
    return this.chosen === undefined ? whole : this.within(this.chosen, now);
  }

  follow(): void {
    this.chosen = undefined;
  }

  look(stretch: Stretch, now: number): void {
    this.chosen = this.within(stretch, now);
    const { from, to } = this.chosen;
    if (to - from >= this.spanSeconds) this.chosen = undefined;
  }

  /** Looks `factor` times closer (below 1) or farther, with `centre` staying where it is. */
  zoom(factor: number, now: number, centre?: number): void {
    const { from, to } = this.at(now);
    const still = centre ?? (from + to) / 2;
    this.look({ from: still - (still - from) * factor, to: still + (to - still) * factor }, now);
  }

  /** Moves by a share of what is looked at; below 0 into the past. */
  pan(share: number, now: number): void {
    const { from, to } = this.at(now);
    const by = (to - from) * share;
    this.look({ from: from + by, to: to + by }, now);
  }

  /** Keeps its width where it can, and stays inside the span. */
  private within({ from, to }: Stretch, now: number): Stretch {
    const width = Math.min(this.spanSeconds, Math.max(NEAREST_SECONDS, to - from));
    const begin = Math.min(now - width, Math.max(now - this.spanSeconds, from));
    return { from: begin, to: begin + width };
  }
}
