/** Calls `bark` once when it hasn't been fed for the time it was last given. */
export class Watchdog {
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly bark: () => void) {}

  feed(forMs: number): void {
    this.stop();
    this.timer = setTimeout(this.bark, forMs);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
