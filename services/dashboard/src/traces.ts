import type { AlignedData } from "uplot";
import type { ChartChoice } from "./chartRoute";
import { csvOf, isoTime } from "./csv";
import { lastSlot, Ring, type Timed } from "./ring";
import { chartable, type SensorRecord } from "./senml";
import type { Sensors } from "./sensors";
import type { Stretch } from "./viewport";

/** Slots of a span: about one to each pixel of a large chart on a desk. */
const SLOTS = 1200;

/** Half a second at the least, as in the overview. */
const SLOT_SECONDS_MIN = 0.5;

/** The lines of the large chart: one ring per sensor, with slots as wide as the span asks for. */
export class Traces {
  private readonly rings: readonly Ring[];
  private readonly byName: ReadonlyMap<string, Ring>;
  private readonly slotSeconds: number;
  private heldAt: number | undefined;

  /** `ownTimeOf`: whether a sensor's readings are dated far from now; undefined if it isn't known. */
  constructor(
    readonly sensors: readonly string[],
    readonly spanSeconds: number,
    private readonly ownTimeOf: (name: string) => boolean | undefined = () => undefined,
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
      if (ring === undefined || value === undefined || this.isBeyond(record.t)) continue;
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
    // What was lost is later than the span that is held.
    if (this.heldAt !== undefined) return;
    for (const ring of this.rings) ring.breakLine();
  }

  /** All of the span was had: no break is left in it. */
  mend(): void {
    for (const ring of this.rings) ring.mend();
  }

  /** From here on the span ends at `end` (server's time, s), and takes nothing later. */
  hold(end: number): void {
    this.heldAt = end;
  }

  get isHeld(): boolean {
    return this.heldAt !== undefined;
  }

  /** Every sensor that is known has a time of its own. */
  get hasOwnTime(): boolean {
    const known = this.sensors.map(this.ownTimeOf).filter((own) => own !== undefined);
    return known.length > 0 && known.every(Boolean);
  }

  /** Where the span ends (s): at `now` (server's time), where it is held, or where a recording does. */
  end(now: number): number {
    if (this.heldAt !== undefined) return this.heldAt;
    const slot = Math.floor(now / this.slotSeconds);
    const last = lastSlot(slot, this.spanSeconds / this.slotSeconds, this.lines());
    return last === slot ? now : last * this.slotSeconds;
  }

  /** Whether a part begins in the span. */
  reaches({ from }: Stretch, now: number): boolean {
    const end = this.end(now);
    return from >= end - this.spanSeconds && from < end;
  }

  /** Times and values of the span. */
  window(now: number): AlignedData {
    const to = Math.floor(this.end(now) / this.slotSeconds);
    const from = to - Math.floor(this.spanSeconds / this.slotSeconds);
    const times = Array.from({ length: to - from + 1 }, (_, i) => (from + i) * this.slotSeconds);
    return [times, ...this.rings.map((ring) => ring.line(from, to))];
  }

  /** Nothing is in the span. */
  isBlank(now: number): boolean {
    const [, ...lines] = this.window(now);
    return lines.every((line) => Array.from(line).every((point) => typeof point !== "number"));
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

  private lines(): readonly Timed[] {
    return this.sensors.map((name, index) => ({
      ring: this.rings[index] as Ring,
      ownTime: this.ownTimeOf(name) === true,
    }));
  }

  private isBeyond(time: number): boolean {
    return this.heldAt !== undefined && time > this.heldAt;
  }
}

/** Lines with the newest values that are known, of the span that ends now or lies around a part. */
export function tracesOf(
  { sensors, spanSeconds, part }: ChartChoice,
  known: Pick<Sensors, "get">,
  now: number,
): Traces {
  const begun = () => new Traces(sensors, spanSeconds, (name) => known.get(name)?.ownTime);
  const traces = begun();
  traces.take(sensors.flatMap((name) => known.get(name)?.record ?? []));
  if (part === undefined || traces.reaches(part, now)) return traces;
  const held = begun();
  held.hold(part.to + (spanSeconds - (part.to - part.from)) / 2);
  return held;
}
