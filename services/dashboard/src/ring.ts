/** What stands in a slot where the page was told of a loss: the line breaks there. */
export const BREAK = null;

/** A chart's point: a value, a told break, or nothing in that slot (the line passes over it). */
export type Point = number | typeof BREAK | undefined;

/** Readings in a row that are older than the ring reaches, before the ring believes them. */
const STRAYS_REFUSED = 5;

/**
 * The last values of one sensor, one per slot of time, in constant space. A later value of the same
 * slot replaces the earlier one, so a sensor that sends a thousand a second costs what a slow one
 * does; and since a slot is found from the time alone, the order of arrival doesn't matter.
 */
export class Ring {
  private readonly values: Float64Array;
  private readonly slots: Float64Array;
  private newest = Number.NEGATIVE_INFINITY;
  private strays = 0;

  constructor(
    private readonly capacity: number,
    readonly slotSeconds: number,
  ) {
    this.values = new Float64Array(capacity);
    this.slots = new Float64Array(capacity).fill(Number.NEGATIVE_INFINITY);
  }

  /** The newest slot written, or -Infinity. */
  get newestSlot(): number {
    return this.newest;
  }

  slotOf(seconds: number): number {
    return Math.floor(seconds / this.slotSeconds);
  }

  put(seconds: number, value: number): void {
    const slot = this.slotOf(seconds);
    if (slot <= this.newest - this.capacity && !this.isNewTime()) return;
    this.strays = 0;
    this.write(slot, value);
  }

  /** Takes a stored value where the ring still reaches: that it is late tells nothing of a clock. */
  fill(seconds: number, value: number): void {
    const slot = this.slotOf(seconds);
    if (slot > this.newest - this.capacity) this.write(slot, value);
  }

  /** Ends the line after the newest value; the next one starts a new line. */
  breakLine(): void {
    if (this.newest === Number.NEGATIVE_INFINITY) return;
    // NaN can't come from outside: the page takes finite numbers only.
    this.write(this.newest + 1, Number.NaN);
  }

  /** What was told to be lost is here now: the line goes on where it was broken. */
  mend(): void {
    for (const [index, value] of this.values.entries()) {
      if (Number.isNaN(value)) this.slots[index] = Number.NEGATIVE_INFINITY;
    }
  }

  at(slot: number): Point {
    const index = this.indexOf(slot);
    if (this.slots[index] !== slot) return undefined;
    const value = this.values[index] ?? Number.NaN;
    return Number.isNaN(value) ? BREAK : value;
  }

  /** The points of a stretch of slots; a break lasts until the next value, so no line crosses it. */
  line(from: number, to: number): Point[] {
    const points: Point[] = [];
    let broken = false;
    for (let slot = from; slot <= to; slot++) {
      const point = this.at(slot);
      if (point !== undefined) broken = point === BREAK;
      points.push(point ?? (broken ? BREAK : undefined));
    }
    return points;
  }

  private write(slot: number, value: number): void {
    const index = this.indexOf(slot);
    this.slots[index] = slot;
    this.values[index] = value;
    this.newest = Math.max(this.newest, slot);
  }

  /**
   * Tells a clock that was set back, or a recording that began again, from single readings that
   * come too late: going on from the new time beats refusing all until the old one is reached.
   */
  private isNewTime(): boolean {
    this.strays += 1;
    if (this.strays < STRAYS_REFUSED) return false;
    this.clear();
    return true;
  }

  private indexOf(slot: number): number {
    return ((slot % this.capacity) + this.capacity) % this.capacity;
  }

  private clear(): void {
    this.slots.fill(Number.NEGATIVE_INFINITY);
    this.newest = Number.NEGATIVE_INFINITY;
  }
}

/** A line in time. */
export interface Timed {
  readonly ring: Ring;
  /** Its readings came dated far from now: a recording, or a device without a clock. */
  readonly ownTime: boolean;
}

/**
 * Where a window of `count` slots ends that shows what there is of `lines`: now, or later where
 * their own time is ahead. If all of them have a time of their own that is far from now, they are
 * shown where they are instead of nowhere; a line that only fell silent moves on with the others.
 */
export function lastSlot(now: number, count: number, lines: readonly Timed[]): number {
  const begun = lines.filter(({ ring }) => ring.newestSlot > Number.NEGATIVE_INFINITY);
  const live = begun.filter(({ ownTime }) => !ownTime);
  const newest = Math.max(...(live.length > 0 ? live : begun).map(({ ring }) => ring.newestSlot));
  if (newest > now - count && newest <= now + count) return Math.max(now, newest);
  return live.length > 0 || begun.length === 0 ? now : newest;
}
