/** A task this long is felt (the Long Tasks specification's own bound is 50 ms). */
const LATE_MS = 50;

/**
 * The part of the time since the last reading in which the main thread was held: by the browser's
 * long tasks where it tells of them, and by how late a timer came in any case.
 */
export class BusyMeter {
  private heldMs = 0;
  private readAt: number;

  constructor(
    private readonly everyMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.readAt = now();
  }

  /** Listens to the browser's long tasks; where it has none, lateness alone is the measure. */
  watch(): void {
    if (!globalThis.PerformanceObserver?.supportedEntryTypes.includes("longtask")) return;
    const observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) this.hold(duration);
    });
    observer.observe({ type: "longtask" });
  }

  hold(ms: number): void {
    this.heldMs += ms;
  }

  /** 0 to 1; called when the timer of `everyMs` fires. */
  read(): number {
    const elapsed = Math.max(this.now() - this.readAt, 1);
    const late = elapsed - this.everyMs;
    const held = Math.max(this.heldMs, late > LATE_MS ? late : 0);
    this.heldMs = 0;
    this.readAt = this.now();
    return Math.min(1, held / elapsed);
  }
}
