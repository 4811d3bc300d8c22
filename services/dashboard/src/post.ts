import type { Post, Room } from "./room";

/**
 * The chat stores a cid once within ten minutes (protocol.md, "Idempotent post"). Sending again on
 * our own stops a little earlier, because the clock runs from the server's storing.
 */
export const SAFE_TO_REPEAT_MS = 9 * 60_000;

/** Largest text of a message in bytes (protocol.md, "chat"). */
export const TEXT_MAX_BYTES = 4096;

export function textBytes(text: string): number {
  return new TextEncoder().encode(text).length;
}

export function posted(room: Room, cid: string, text: string): Room {
  const post: Post = {
    cid,
    text,
    state: "pending",
    reason: "",
    retryable: true,
    firstSentAt: undefined,
    tries: 0,
  };
  return { ...room, posts: [...room.posts, post] };
}

export function sent(room: Room, cid: string, now: number, user = ""): Room {
  return change(room, cid, (post) => ({
    ...post,
    sentBy: post.sentBy ?? user,
    firstSentAt: post.firstSentAt ?? now,
    tries: post.tries + 1,
  }));
}

export function failed(
  room: Room,
  cid: string,
  why: { readonly reason: string; readonly retryable: boolean },
): Room {
  return change(room, cid, (post) => ({ ...post, ...why, state: "failed" }));
}

/** The writer asks for it again: the same cid, so that it is stored once whatever happened. */
export function retried(room: Room, cid: string): Room {
  return change(room, cid, ({ sentBy: _, ...post }) => ({
    ...post,
    state: "pending",
    reason: "",
    tries: 0,
    firstSentAt: undefined,
  }));
}

export function discarded(room: Room, cid: string): Room {
  return { ...room, posts: room.posts.filter((post) => post.cid !== cid) };
}

export function has(room: Room, cid: string): boolean {
  return room.posts.some((post) => post.cid === cid);
}

/** Fails what was sent under another name: nobody would recognise its repeat. */
export function renamed(room: Room, user: string): Room {
  const posts = room.posts.map((post) => {
    if (post.state === "failed" || !post.sentBy || post.sentBy === user) return post;
    const reason = `Sent as ${post.sentBy} and never confirmed; it may have been stored`;
    return { ...post, state: "failed" as const, reason, retryable: true };
  });
  return { ...room, posts };
}

/** Posts that a new connection sends again, oldest first. */
export function unconfirmed(room: Room): readonly Post[] {
  return room.posts.filter((post) => post.state === "pending");
}

/** Posts sent and not answered. */
export function awaited(room: Room): readonly Post[] {
  return unconfirmed(room).filter((post) => post.tries > 0);
}

/** Fails the posts whose repeat the chat may no longer recognise; only their writer may decide. */
export function expired(room: Room, now: number): Room {
  const posts = room.posts.map((post) => {
    const age = post.firstSentAt === undefined ? 0 : now - post.firstSentAt;
    if (post.state === "failed" || age < SAFE_TO_REPEAT_MS) return post;
    return {
      ...post,
      state: "failed" as const,
      reason: "Never confirmed; it may have been stored",
      retryable: true,
    };
  });
  return { ...room, posts };
}

function change(room: Room, cid: string, edit: (post: Post) => Post): Room {
  return { ...room, posts: room.posts.map((post) => (post.cid === cid ? edit(post) : post)) };
}
