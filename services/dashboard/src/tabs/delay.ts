import type { SensorRecord } from "../senml";
import type { Delay } from "./liveFeed";

export const READINGS_KEPT = 256;

/** Beyond it a time is the device's fault or a recording's, not the way's. */
const PLAUSIBLE_SECONDS = 300;

/** Delays of the last readings, from each one's own time to its coming, in seconds. */
export class DelayGauge {
  private readonly kept = new Float64Array(READINGS_KEPT);
  private taken = 0;

  take(records: readonly SensorRecord[], now: number): void {
    let newest: number | undefined;
    for (const { t } of records) {
      if (Math.abs(now - t) <= PLAUSIBLE_SECONDS && (newest === undefined || t > newest))
        newest = t;
    }
    if (newest === undefined) return;
    this.kept[this.taken % READINGS_KEPT] = now - newest;
    this.taken += 1;
  }

  get delay(): Delay | undefined {
    const count = Math.min(this.taken, READINGS_KEPT);
    if (count === 0) return undefined;
    const sorted = this.kept.slice(0, count).sort();
    const at = (part: number) => sorted[Math.min(count - 1, Math.floor(part * count))] ?? 0;
    const newest = this.kept[(this.taken - 1) % READINGS_KEPT] ?? 0;
    return { newest, median: at(0.5), p95: at(0.95) };
  }
}
