import { Filter, union } from "./filter";
import type { Asked } from "./intake";
import { fastest } from "./pace";
import type { Want } from "./tabMessage";

/** Calls that a tab may leave unanswered: one that was killed or is frozen says no farewell. */
const CALLS_MISSED = 3;

/** The other tabs and what each wants, as their leader knows them. */
export class Roster {
  private readonly wants = new Map<string, { want: Want; missed: number }>();

  get size(): number {
    return this.wants.size;
  }

  set(tab: string, want: Want): void {
    this.wants.set(tab, { want, missed: 0 });
  }

  delete(tab: string): void {
    this.wants.delete(tab);
  }

  /** Counts a call of the roll: each tab answers with its want. */
  call(): void {
    for (const [tab, entry] of this.wants) {
      entry.missed += 1;
      if (entry.missed > CALLS_MISSED) this.wants.delete(tab);
    }
  }

  /** A tab that somebody looks at. */
  visible(): string | undefined {
    for (const [tab, { want }] of this.wants) if (!want.hidden) return tab;
    return undefined;
  }

  positions(): [string, string | null][] {
    return [...this.wants].map(([tab, { want }]) => [tab, want.position]);
  }

  /** What the one stream has to bring, so that each tab has what it wants. */
  asked(own: Want): Asked {
    const all = [own, ...[...this.wants.values()].map(({ want }) => want)];
    return {
      patterns: union(all.map((want) => new Filter(want.patterns))).patterns,
      maxHz: fastest(all.map((want) => want.maxHz ?? undefined)),
    };
  }
}
