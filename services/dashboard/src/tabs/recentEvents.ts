import type { RawEvent } from "./intake";

const EVENTS_KEPT = 512;
const CHARACTERS_KEPT = 4_000_000;

/** The last events that moved the position: what a tab that heard less can be given. */
export class RecentEvents {
  private kept: RawEvent[] = [];
  private characters = 0;

  push(raw: RawEvent): void {
    this.kept.push(raw);
    this.characters += raw.data.length;
    if (this.kept.length > EVENTS_KEPT * 2 || this.characters > CHARACTERS_KEPT) this.forget();
  }

  /** What follows `position`, oldest first; undefined when it isn't known any more. */
  since(position: string | null): readonly RawEvent[] | undefined {
    if (this.kept.at(-1)?.id === position) return [];
    const first = this.kept.findIndex((raw) => raw.after === position);
    return first < 0 ? undefined : this.kept.slice(first);
  }

  private forget(): void {
    this.kept = this.kept.slice(-Math.min(EVENTS_KEPT, this.kept.length >> 1));
    this.characters = this.kept.reduce((sum, raw) => sum + raw.data.length, 0);
  }
}
