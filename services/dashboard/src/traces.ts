import type { AlignedData } from "uplot";
import { csvOf, isoTime } from "./csv";
import { Ring } from "./ring";
import { chartable, type SensorRecord } from "./senml";

/** Slots of a span: about one to each pixel of a large chart on a desk. */
const SLOTS = 1200;

/** Half a second at the least, as in the overview. */
const SLOT_SECONDS_MIN = 0.5;

/** The lines of the large chart: one ring per sensor, with slots as wide as the span asks for. */
export class Traces {
  private readonly rings: readonly Ring[];
  private readonly byName: ReadonlyMap<string, Ring>;
  private readonly slotSeconds: number;

  constructor(
    readonly sensors: readonly string[],
    readonly spanSeconds: number,
  ) {
    this.slotSeconds = Math.max(SLOT_SECONDS_MIN, spanSeconds / SLOTS);
    const count = Math.ceil(spanSeconds / this.slotSeconds) + 1;
    this.rings = sensors.map(() => new Ring(count, this.slotSeconds));
    this.byName = new Map(sensors.map((name, index) => [name, this.rings[index] as Ring]));
  }

  /** Takes live readings; those of other sensors are passed over. True when one was taken. */
  take(records: readonly SensorRecord[]): boolean {
    let taken = false;
    for (const record of records) {
      const ring = this.byName.get(record.n);
      const value = chartable(record);
      if (ring === undefined || value === undefined) continue;
      ring.put(record.t, value);
      taken = true;
    }
    return taken;
  }

  /** Takes stored readings: they fill what is empty, or was told to be lost. */
  backfill(records: readonly SensorRecord[]): void {
    for (const record of records) {
      const ring = this.byName.get(record.n);
      const value = chartable(record);
      if (ring === undefined || value === undefined) continue;
      if (typeof ring.at(ring.slotOf(record.t)) !== "number") ring.fill(record.t, value);
    }
  }

  breakLines(): void {
    for (const ring of this.rings) ring.breakLine();
  }

  /** All of the span was had: no break is left in it. */
  mend(): void {
    for (const ring of this.rings) ring.mend();
  }

  /** Times and values of the span that ends now (server's time, s). */
  window(now: number): AlignedData {
    const to = Math.floor(now / this.slotSeconds);
    const from = to - Math.floor(this.spanSeconds / this.slotSeconds);
    const times = Array.from({ length: to - from + 1 }, (_, i) => (from + i) * this.slotSeconds);
    return [times, ...this.rings.map((ring) => ring.line(from, to))];
  }

  /** The span as CSV: a row per time, a column per sensor; times without any value are left out. */
  csv(now: number): string {
    const [times, ...lines] = this.window(now);
    const rows = Array.from(times, (time, index) => [
      isoTime(time),
      ...lines.map((line) => line[index] ?? undefined),
    ]);
    const filled = rows.filter((row) => row.some((cell) => typeof cell === "number"));
    return csvOf([["time", ...this.sensors], ...filled]);
  }
}
