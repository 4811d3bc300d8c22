/** What a page asks the feed for, from every reading (undefined) down to a slow machine's pace. */
const LEVELS = [undefined, 10, 4, 2] as const;

/** A hidden page draws nothing: its latest values, and the extremes between them, are enough. */
export const HIDDEN_HZ = 1;

/** So that flipping through tabs costs no new connection. */
const HIDDEN_AFTER_MS = 5_000;

/** Part of a second that the main thread was held by long work: beyond it nothing is smooth. */
const OVERLOADED = 0.6;
const CALM = 0.2;
const OVERLOADED_SECONDS = 5;
const CALM_SECONDS = 20;
export const CALM_SECONDS_MAX = 320;

/**
 * Chooses a tab's pace from what it measures once a second. It goes down a level after five
 * overloaded seconds in a row and up after twenty calm ones. Each rise doubles
 * the calm that the next takes, so that a machine at the brink does not swing.
 */
export class Pace {
  private level = 0;
  private overloaded = 0;
  private calm = 0;
  private calmNeeded = CALM_SECONDS;
  /** Page time (ms) since when nobody sees the page; undefined while somebody may. */
  hiddenSince: number | undefined;
  private hiddenPace = false;

  get maxHz(): number | undefined {
    return this.hiddenPace ? HIDDEN_HZ : LEVELS[this.level];
  }

  get why(): string {
    if (this.hiddenPace) return "hidden";
    return this.level === 0 ? "visible" : "slow machine";
  }

  setHidden(hidden: boolean, now: number): void {
    this.hiddenSince = hidden ? (this.hiddenSince ?? now) : undefined;
    this.overloaded = 0;
    if (!hidden) this.hiddenPace = false;
  }

  /** Takes one second: `busy` is the part of it (0 to 1) in which the main thread was held. */
  tick(busy: number, now: number): void {
    if (this.hiddenSince !== undefined) {
      this.hiddenPace = now - this.hiddenSince >= HIDDEN_AFTER_MS;
      return;
    }
    this.overloaded = busy >= OVERLOADED ? this.overloaded + 1 : 0;
    this.calm = busy <= CALM ? this.calm + 1 : 0;
    if (this.overloaded >= OVERLOADED_SECONDS) this.fall();
    else if (this.calm >= this.calmNeeded && this.level > 0) this.rise();
  }

  private fall(): void {
    this.overloaded = 0;
    if (this.level === LEVELS.length - 1) return;
    this.level += 1;
    this.calm = 0;
  }

  private rise(): void {
    this.level -= 1;
    this.calm = 0;
    this.calmNeeded = Math.min(this.calmNeeded * 2, CALM_SECONDS_MAX);
  }
}

/** What suits all: the fastest that one asks for, since a slower one can leave readings out. */
export function fastest(paces: readonly (number | undefined)[]): number | undefined {
  if (paces.length === 0 || paces.includes(undefined)) return undefined;
  return Math.max(...paces.filter((pace) => pace !== undefined));
}
