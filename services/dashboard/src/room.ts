import type { Message, ServerFrame } from "./chatFrame";
import { comparePositions, isAfter, type Position } from "./position";
import { withReaction } from "./rooms/reactions";

/** A post that the log hasn't confirmed. */
export interface Post {
  readonly cid: string;
  readonly text: string;
  readonly state: "pending" | "failed";
  /** Why it failed, for the reader. */
  readonly reason: string;
  readonly retryable: boolean;
  /** Page time (ms) when it was first sent; undefined while it waits for a connection. */
  readonly firstSentAt: number | undefined;
  readonly tries: number;
  /** The name it was sent under: repeated under another one it would be another post. */
  readonly sentBy?: string;
}

/** A room as this page sees it. Every change makes a new one. */
export interface Room {
  readonly name: string;
  readonly joined: boolean;
  /** In order of position, each position once, all of one epoch. */
  readonly messages: readonly Message[];
  /** In the order they were written. */
  readonly posts: readonly Post[];
  /**
   * Up to here the log was delivered whole. An ack doesn't move it: others' messages before the
   * acknowledged one may still be on their way, and a resume from the ack would lose them.
   */
  readonly resumeFrom: Position | undefined;
  readonly members: readonly string[];
  readonly count: number | undefined;
  /** Older messages exist that the page hasn't loaded. */
  readonly more: boolean;
  /** A gap was told after this message (or before any) and history hasn't filled it yet. */
  readonly hole: { readonly after: Position | undefined } | undefined;
  /** The newest message that the reader has seen; undefined until the room was first shown. */
  readonly seen?: Position | undefined;
}

/** What `joined` gives without a position, and the page of `history` when no limit is named. */
export const PAGE_SIZE = 50;

export const MESSAGES_KEPT = 2000;

export function emptyRoom(name: string): Room {
  return {
    name,
    joined: false,
    messages: [],
    posts: [],
    resumeFrom: undefined,
    members: [],
    count: undefined,
    more: false,
    hole: undefined,
  };
}

/** The connection is gone; what was loaded stays. */
export function parted(room: Room): Room {
  return { ...room, joined: false };
}

export function joined(room: Room, frame: ServerFrame & { type: "joined" }): Room {
  // Not resumed: between what we have and the last fifty may lie messages we never saw, and a list
  // with an unmarked hole would claim to be the conversation. The older ones can be loaded again.
  const kept = frame.resumed ? room.messages : [];
  const messages = merge(kept, frame.messages);
  return {
    ...confirm(room, frame.messages),
    joined: true,
    messages,
    resumeFrom: deliveredUpTo(frame) ?? room.resumeFrom,
    members: frame.members,
    count: frame.count ?? (frame.members.length || undefined),
    more: frame.resumed ? room.more : frame.messages.length >= PAGE_SIZE,
    hole: frame.resumed ? room.hole : undefined,
  };
}

/**
 * Of a replay `joined` carries only the messages at its beginning, and the rest follows as frames,
 * from the first edit, deletion or reaction on: the head is then ahead of what is here.
 */
function deliveredUpTo(frame: ServerFrame & { type: "joined" }): Position | undefined {
  const last = frame.messages.at(-1)?.position;
  return frame.resumed ? last : (frame.head ?? last);
}

export function messageArrived(room: Room, message: Message): Room {
  const messages = merge(room.messages, [message]);
  const surplus = messages.length - MESSAGES_KEPT;
  return {
    ...confirm(room, [message]),
    messages: surplus > 0 ? messages.slice(surplus) : messages,
    more: room.more || surplus > 0,
    resumeFrom: later(room.resumeFrom, message.position),
  };
}

/** A message that the page has not loaded is changed where it is stored. */
export function messageChanged(
  room: Room,
  frame: ServerFrame & { type: "edited" | "deleted" | "reacted" },
): Room {
  const messages = room.messages.map((message) => {
    if (!isSame(message.position, frame.target) || message.deleted) return message;
    if (frame.type === "reacted") {
      return { ...message, reactions: withReaction(message.reactions, frame) };
    }
    return frame.deleted
      ? { ...message, text: "", edited: false, deleted: true, reactions: new Map() }
      : { ...message, text: frame.text, edited: true };
  });
  return positionPassed({ ...room, messages }, frame.position);
}

/** A frame of the room's log that the page doesn't show moves its position all the same. */
export function positionPassed(room: Room, position: Position): Room {
  return { ...room, resumeFrom: later(room.resumeFrom, position) };
}

export function acknowledged(
  room: Room,
  ack: ServerFrame & { type: "ack" },
  by: { readonly user: string; readonly time: number },
): Room {
  const post = room.posts.find((candidate) => candidate.cid === ack.cid);
  if (post === undefined) return room;
  const { cid, text } = post;
  const stored = { position: ack.position, cid, text, ...by, edited: false, deleted: false };
  const known = room.messages.some((message) => isSame(message.position, ack.position));
  return {
    ...confirm(room, [stored]),
    messages: known ? room.messages : merge(room.messages, [stored]),
  };
}

/** Presence comes in batches of changes; the count is the chat's own, across replicas. */
export function membersChanged(room: Room, frame: ServerFrame & { type: "presence" }): Room {
  const left = new Set(frame.left);
  const members = new Set(room.members.filter((member) => !left.has(member)));
  for (const member of frame.joined) members.add(member);
  return { ...room, members: [...members], count: frame.count ?? members.size };
}

export function gapTold(room: Room): Room {
  return { ...room, hole: room.hole ?? { after: room.messages.at(-1)?.position } };
}

export function historyArrived(room: Room, frame: ServerFrame & { type: "history" }): Room {
  const oldest = frame.messages[0];
  if (oldest === undefined) return { ...room, more: false, hole: undefined };
  if (room.hole !== undefined && !isOlderPage(frame.messages, room.hole.after)) {
    return fillHole(room, frame, room.hole.after);
  }
  return {
    ...confirm(room, frame.messages),
    messages: merge(room.messages, frame.messages),
    more: reachesBack(room, oldest.position) ? frame.more : room.more,
  };
}

function fillHole(
  room: Room,
  frame: ServerFrame & { type: "history" },
  after: Position | undefined,
): Room {
  const oldest = frame.messages[0]?.position;
  const touches = oldest === undefined || after === undefined || !isAfter(oldest, after);
  const whole = !frame.more || touches;
  // One page doesn't reach back to what we have: drop that, so that the list has no hole in it.
  const kept = whole || after === undefined ? room.messages : newerThan(room.messages, after);
  return {
    ...confirm(room, frame.messages),
    messages: merge(kept, frame.messages),
    more: whole && !reachesBack(room, oldest) ? room.more : frame.more,
    hole: undefined,
  };
}

/** True when a page that begins at `oldest` says whether the room has anything older. */
function reachesBack(room: Room, oldest: Position | undefined): boolean {
  const first = room.messages[0];
  return first === undefined || oldest === undefined || !isAfter(oldest, first.position);
}

function isOlderPage(messages: readonly Message[], after: Position | undefined): boolean {
  const newest = messages.at(-1)?.position;
  return after !== undefined && newest !== undefined && isAfter(after, newest);
}

function newerThan(messages: readonly Message[], after: Position): Message[] {
  return messages.filter((message) => isAfter(message.position, after));
}

/**
 * Puts messages into an ordered list, each position once; a later copy replaces an earlier one. A
 * message of another epoch starts the list anew: positions of two epochs have no common order.
 */
export function merge(list: readonly Message[], incoming: readonly Message[]): Message[] {
  let merged = [...list];
  for (const message of incoming) {
    const newest = merged.at(-1);
    if (newest !== undefined && newest.position.epoch !== message.position.epoch) merged = [];
    place(merged, message);
  }
  return merged;
}

function place(list: Message[], message: Message): void {
  // From the end, because nearly every message is the newest.
  let index = list.length;
  while (index > 0) {
    const before = list[index - 1];
    if (before === undefined || isAfter(message.position, before.position)) break;
    index -= 1;
    if (isSame(before.position, message.position)) {
      list[index] = message;
      return;
    }
  }
  list.splice(index, 0, message);
}

/** Posts found among stored messages are no longer pending. */
function confirm(room: Room, stored: readonly Message[]): Room {
  if (room.posts.length === 0) return room;
  const cids = new Set(stored.map((message) => message.cid));
  return { ...room, posts: room.posts.filter((post) => !cids.has(post.cid)) };
}

function isSame(a: Position, b: Position): boolean {
  return comparePositions(a, b) === 0;
}

function later(held: Position | undefined, position: Position): Position {
  if (held === undefined || held.epoch !== position.epoch) return position;
  return isAfter(position, held) ? position : held;
}
