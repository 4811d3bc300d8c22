import { isAfter, type Position } from "../position";
import type { Room } from "../room";
import { mentions } from "./richText";

export interface Unread {
  readonly messages: number;
  /** Of those, the ones that name the reader. */
  readonly mentions: number;
}

/** What came of others since the reader last looked. */
export function unreadOf({ messages, seen }: Room, user: string): Unread {
  if (seen === undefined) return { messages: 0, mentions: 0 };
  const fresh = messages.filter(
    (one) => !one.deleted && one.user !== user && isAfter(one.position, seen),
  );
  return {
    messages: fresh.length,
    mentions: fresh.filter((one) => mentions(one.text, user)).length,
  };
}

/** The reader looks at the room: everything here counts as seen. */
export function looked(room: Room): Room {
  const newest = room.messages.at(-1)?.position ?? room.seen;
  return newest === room.seen ? room : { ...room, seen: newest };
}

/**
 * A room that was just joined: seen is what was before, as long as it speaks of the same log, else
 * all there is by now. In a room without messages that is its head, so that the first one is news.
 */
export function firstSeen(room: Room, stored: Position | undefined): Room {
  const here = room.messages.at(-1)?.position ?? room.resumeFrom;
  const before = room.seen ?? stored;
  return { ...room, seen: before?.epoch === here?.epoch ? before : here };
}
