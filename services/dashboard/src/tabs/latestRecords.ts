import type { SensorRecord } from "../senml";

/** As many as the feed itself has channels, and the page has sensors (faults.md, "Limits"). */
export const SENSORS_MAX = 1000;

/** The newest record of each sensor of the stream: what a tab that joins is given. */
export class LatestRecords {
  private readonly byName = new Map<string, SensorRecord>();

  take(records: readonly SensorRecord[]): void {
    for (const record of records) {
      if (this.byName.has(record.n) || this.byName.size < SENSORS_MAX) {
        this.byName.set(record.n, record);
      }
    }
  }

  /** False for what is held already, or older: a snapshot may have been overtaken by readings. */
  isNews(record: SensorRecord): boolean {
    const held = this.byName.get(record.n);
    return held === undefined || record.t > held.t;
  }

  all(): SensorRecord[] {
    return [...this.byName.values()];
  }
}
