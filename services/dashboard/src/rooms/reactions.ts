import { finiteOr, isObject } from "../json";

/** Who put one emoji to a message: the first names, and how many there are in all. */
export interface Reaction {
  readonly users: readonly string[];
  readonly count: number;
}

export type Reactions = ReadonlyMap<string, Reaction>;

const NONE: Reactions = new Map();

/** Reads `reactions` and `reaction_counts` of a stored message; what is no list of names is left out. */
export function parseReactions(lists: unknown, counts: unknown): Reactions {
  if (!isObject(lists)) return NONE;
  const read = new Map<string, Reaction>();
  for (const [emoji, names] of Object.entries(lists)) {
    if (!Array.isArray(names)) continue;
    const users = names.filter((name) => typeof name === "string");
    const counted = isObject(counts) ? finiteOr(counts[emoji], users.length) : users.length;
    read.set(emoji, { users, count: Math.max(users.length, counted) });
  }
  return read;
}

/** The reactions after one was put or taken away; the same change twice changes nothing. */
export function withReaction(
  held: Reactions = NONE,
  { emoji, user, on }: { readonly emoji: string; readonly user: string; readonly on: boolean },
): Reactions {
  const before = held.get(emoji) ?? { users: [], count: 0 };
  if (before.users.includes(user) === on) return held;
  const users = on ? [...before.users, user] : before.users.filter((name) => name !== user);
  const changed = new Map(held);
  const count = before.count + (on ? 1 : -1);
  if (count > 0) changed.set(emoji, { users, count });
  else changed.delete(emoji);
  return changed;
}
