/** Between two bounds lie 5 %: no percentile is farther off. */
const GROWTH = 1.05;
const SMALLEST_MS = 0.1;
const BUCKETS = 300;

/** Delays as counts by size: however many there are, it stays this small. */
export class Delays {
  private readonly counts = new Uint32Array(BUCKETS);
  count = 0;

  /** Takes a delay; one below zero, by clocks that differ, is as good as none. */
  take(ms: number): void {
    const at = Math.ceil(Math.log(Math.max(ms, SMALLEST_MS) / SMALLEST_MS) / Math.log(GROWTH));
    const bucket = Math.min(at, BUCKETS - 1);
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.count += 1;
  }

  /** The delay in milliseconds that `part` (0 to 1) of all don't exceed; undefined without any. */
  percentile(part: number): number | undefined {
    if (this.count === 0) return undefined;
    let left = Math.max(1, Math.ceil(this.count * part));
    for (const [bucket, count] of this.counts.entries()) {
      left -= count;
      if (left <= 0) return SMALLEST_MS * GROWTH ** bucket;
    }
    return undefined;
  }

  /** How many delays are in each span that ends at a bound (ms), and beyond the last one. */
  spread(bounds: readonly number[]): number[] {
    const spread = new Array<number>(bounds.length + 1).fill(0);
    for (const [bucket, count] of this.counts.entries()) {
      if (count === 0) continue;
      const ms = SMALLEST_MS * GROWTH ** bucket;
      const found = bounds.findIndex((bound) => ms <= bound);
      const at = found < 0 ? bounds.length : found;
      spread[at] = (spread[at] ?? 0) + count;
    }
    return spread;
  }
}
