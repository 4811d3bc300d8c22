import { Ring } from "./ring";
import { chartable, type SensorRecord } from "./senml";
import { parseSensorName, type SensorName } from "./sensorName";

/** The span of the charts, and how far a reading's time may be off to count as "now". */
export const WINDOW_SECONDS = 300;

/** Half a second a slot: about two slots to a pixel of a chart on the smallest phone. */
const SLOT_SECONDS = 0.5;

/**
 * Names come from devices, and one that makes them up must not eat the page's memory. The feed
 * itself has no more channels than this (faults.md, "Limits").
 */
export const SENSORS_MAX = 1000;

/** Silence after which a sensor is stale: several of its own intervals, but no hasty verdict. */
const INTERVALS_ALLOWED = 4;
const STALE_AT_LEAST_SECONDS = 10;
const STALE_WITHOUT_RHYTHM_SECONDS = 60;

export class Sensor {
  readonly parts: SensorName;
  /** Empty until the first value that has a place on a chart. */
  ring: Ring | undefined;
  /** Server's time (s) of the last reading, or of its arrival where its own time means nothing. */
  heardAt: number;
  /** All values so far were whole numbers. */
  whole = true;
  /** Its newest reading came dated far from now; silence since then says nothing of that. */
  ownTime = false;
  private intervalSeconds: number | undefined;

  constructor(
    public record: SensorRecord,
    heardAt: number,
  ) {
    this.parts = parseSensorName(record.n);
    this.heardAt = heardAt;
    this.draw(record);
  }

  take(record: SensorRecord, heardAt: number): void {
    const interval = heardAt - this.heardAt;
    if (interval > 0) {
      const known = this.intervalSeconds ?? interval;
      this.intervalSeconds = known + (interval - known) / 5;
    }
    this.record = record;
    this.heardAt = heardAt;
    this.draw(record);
  }

  /** Takes a stored reading: it fills the line where nothing is, and is never the newest value. */
  backfill(record: SensorRecord): void {
    const value = chartable(record);
    if (value === undefined || this.ring === undefined) return;
    const slot = this.ring.slotOf(record.t);
    if (slot < this.ring.newestSlot && this.ring.at(slot) === undefined) {
      this.ring.fill(record.t, value);
    }
  }

  isStale(now: number): boolean {
    return this.staleSince(now) !== undefined;
  }

  /** Server's time (s) from which on the silence was longer than it should be; else undefined. */
  staleSince(now: number): number | undefined {
    const allowed =
      this.intervalSeconds === undefined
        ? STALE_WITHOUT_RHYTHM_SECONDS
        : Math.max(STALE_AT_LEAST_SECONDS, this.intervalSeconds * INTERVALS_ALLOWED);
    const since = this.heardAt + allowed;
    return now > since ? since : undefined;
  }

  private draw(record: SensorRecord): void {
    const value = chartable(record);
    if (value === undefined) return;
    this.whole &&= Number.isInteger(value);
    this.ring ??= new Ring(WINDOW_SECONDS / SLOT_SECONDS + 1, SLOT_SECONDS);
    this.ring.put(record.t, value);
  }
}

/** Every sensor the page has heard of, with its newest reading and the line it draws. */
export class Sensors {
  private readonly byName = new Map<string, Sensor>();
  private changed = new Set<Sensor>();
  /** Sensors were left out, because there are more than the page holds. */
  full = false;

  /** `now`: the server's time in seconds. */
  constructor(private readonly now: () => number) {}

  get size(): number {
    return this.byName.size;
  }

  /** Takes what a live stream brings: a time far from now is the device's fault or a recording. */
  takeReadings(records: readonly SensorRecord[]): void {
    const now = this.now();
    for (const record of records) {
      const ownTime = isFar(record.t, now);
      const sensor = this.take(record, ownTime ? now : record.t);
      if (sensor !== undefined) sensor.ownTime = ownTime;
    }
  }

  /** Takes the latest reading of each sensor, which may be as old as it says. */
  takeSnapshot(records: readonly SensorRecord[]): void {
    for (const record of records) {
      const isKnown = this.byName.has(record.n);
      const sensor = this.take(record, record.t);
      // Of one that is known, live readings have told; it may only have fallen silent.
      if (sensor !== undefined && !isKnown) sensor.ownTime = isFar(record.t, this.now());
    }
  }

  /** Takes stored readings of the window, of sensors that are known. */
  backfill(records: readonly SensorRecord[]): void {
    for (const record of records) {
      const sensor = this.byName.get(record.n);
      if (sensor === undefined) continue;
      sensor.backfill(record);
      this.changed.add(sensor);
    }
  }

  /** A loss was told: no line is to be drawn across it. */
  breakLines(): void {
    for (const sensor of this.byName.values()) {
      sensor.ring?.breakLine();
      this.changed.add(sensor);
    }
  }

  get(name: string): Sensor | undefined {
    return this.byName.get(name);
  }

  all(): Iterable<Sensor> {
    return this.byName.values();
  }

  /** The sensors that changed since the last call. */
  takeChanged(): ReadonlySet<Sensor> {
    const changed = this.changed;
    this.changed = new Set();
    return changed;
  }

  private take(record: SensorRecord, heardAt: number): Sensor | undefined {
    let sensor = this.byName.get(record.n);
    if (sensor === undefined) {
      if (this.byName.size >= SENSORS_MAX) {
        this.full = true;
        return undefined;
      }
      sensor = new Sensor(record, heardAt);
      this.byName.set(record.n, sensor);
    } else {
      sensor.take(record, heardAt);
    }
    this.changed.add(sensor);
    return sensor;
  }
}

function isFar(time: number, now: number): boolean {
  return Math.abs(now - time) > WINDOW_SECONDS;
}
