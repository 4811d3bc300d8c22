/**
 * A difference below this is taken for the network's delay, one above for a wrong clock. Without
 * the line a page on a laptop whose clock is a minute off would call every sensor stale.
 */
const WRONG_CLOCK_SECONDS = 2;

/** The server's wall clock, as far as the page knows it: for ages and delays shown, nothing else. */
export class ServerClock {
  private aheadSeconds = 0;

  constructor(private readonly now: () => number = () => Date.now() / 1000) {}

  /** Takes the server's time (Unix seconds) from an event that has just arrived. */
  set(serverTime: number): void {
    const ahead = this.now() - serverTime;
    this.aheadSeconds = Math.abs(ahead) < WRONG_CLOCK_SECONDS ? 0 : ahead;
  }

  /** Unix seconds by the server's clock. */
  seconds(): number {
    return this.now() - this.aheadSeconds;
  }
}

/**
 * Page time: milliseconds since the Unix epoch when the page began, monotonic from there, so that a
 * step of the machine's clock neither fires nor hangs what is measured with it.
 */
export function pageTime(): number {
  return performance.timeOrigin + performance.now();
}
