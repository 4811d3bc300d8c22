import { finiteOr, isObject, parseJson, textOr } from "../json";
import type { Post, Room } from "../room";

/** Posts by room, as text for the next page of this tab; empty where there are none. */
export function encodePosts(rooms: readonly Room[]): string {
  const kept = rooms.filter((room) => room.posts.length > 0);
  if (kept.length === 0) return "";
  return JSON.stringify(Object.fromEntries(kept.map((room) => [room.name, room.posts])));
}

/**
 * What `encodePosts` wrote of one room. They go out again under their own cids: what was stored
 * while the page went is stored once all the same.
 */
export function parsePosts(text: string, room: string): readonly Post[] {
  const kept = parseJson(text);
  const posts = isObject(kept) && Object.hasOwn(kept, room) ? kept[room] : undefined;
  return Array.isArray(posts) ? posts.flatMap((post) => parsePost(post)) : [];
}

function parsePost(value: unknown): Post[] {
  if (!isObject(value)) return [];
  const { cid, text } = value;
  if (typeof cid !== "string" || typeof text !== "string" || cid === "") return [];
  const sentBy = textOr(value["sentBy"], "");
  const post: Post = {
    cid,
    text,
    state: value["state"] === "failed" ? "failed" : "pending",
    reason: textOr(value["reason"], ""),
    retryable: value["retryable"] !== false,
    firstSentAt: finiteOr(value["firstSentAt"], undefined),
    tries: 0,
  };
  return [sentBy === "" ? post : { ...post, sentBy }];
}
