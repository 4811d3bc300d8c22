/** Calls `bark` once when it hasn't been fed for the time it was last given. */
export class Watchdog {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private until = Number.POSITIVE_INFINITY;

  /** `now`: a monotonic clock in milliseconds. */
  constructor(
    private readonly bark: () => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  feed(forMs: number): void {
    this.stop();
    this.until = this.now() + forMs;
    this.timer = setTimeout(() => this.fire(), forMs);
  }

  /** Barks if it is late: the timers of a hidden, frozen or sleeping page are held back. */
  check(): void {
    if (this.timer !== undefined && this.now() >= this.until) this.fire();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private fire(): void {
    this.stop();
    this.bark();
  }
}
