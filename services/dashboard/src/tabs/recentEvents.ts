import type { RawEvent } from "./intake";

export const EVENTS_KEPT = 512;
export const CHARACTERS_KEPT = 2_000_000;

/** The last events that moved the position: what a tab that heard less can be given. */
export class RecentEvents {
  private readonly kept: RawEvent[] = [];
  private characters = 0;

  push(raw: RawEvent): void {
    this.kept.push(raw);
    this.characters += raw.data.length;
    while (this.kept.length > EVENTS_KEPT || this.characters > CHARACTERS_KEPT) {
      this.characters -= this.kept.shift()?.data.length ?? 0;
    }
  }

  /** What follows `position`, oldest first; undefined when it isn't known any more. */
  since(position: string | null): readonly RawEvent[] | undefined {
    if (this.kept.at(-1)?.id === position) return [];
    const first = this.kept.findIndex((raw) => raw.after === position);
    return first < 0 ? undefined : this.kept.slice(first);
  }
}
