/** A server passes typing on at most every 3 s (protocol.md); asked more often it says nothing new. */
export const TYPING_EVERY_MS = 3_000;
/** Two intervals: one frame that is late doesn't make a name blink. */
const SHOWN_FOR_MS = 6_000;
const NAMES_SHOWN = 3;

/** Who is writing, by room, as far as was heard lately; and when to tell of oneself. */
export class Typing {
  private readonly heard = new Map<string, Map<string, number>>();
  private readonly told = new Map<string, number>();

  hear(room: string, users: readonly string[], now: number): void {
    const held = this.heard.get(room) ?? new Map<string, number>();
    for (const user of users.slice(0, 50)) held.set(user, now + SHOWN_FOR_MS);
    this.heard.set(room, held);
  }

  /** What was said needs no more announcing. */
  spoke(room: string, user: string): void {
    this.heard.get(room)?.delete(user);
  }

  in(room: string, me: string, now: number): readonly string[] {
    const held = this.heard.get(room) ?? new Map<string, number>();
    for (const [user, until] of held) if (until <= now) held.delete(user);
    return [...held.keys()].filter((user) => user !== me);
  }

  /** True when it is time to tell the room; counts as told. */
  due(room: string, now: number): boolean {
    if (now - (this.told.get(room) ?? Number.NEGATIVE_INFINITY) < TYPING_EVERY_MS) return false;
    this.told.set(room, now);
    return true;
  }
}

export function typingWords(users: readonly string[]): string {
  if (users.length === 0) return "";
  if (users.length > NAMES_SHOWN) return `${users.length} people are writing…`;
  const names =
    users.length === 1 ? users[0] : `${users.slice(0, -1).join(", ")} and ${users.at(-1)}`;
  return `${names} ${users.length === 1 ? "is" : "are"} writing…`;
}
