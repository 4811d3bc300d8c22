import type { ChatFacts } from "./chatSocket";
import type { Room } from "./room";
import { plural } from "./wording";

/** Where the talk stands, in the words the page and its tests use. */
export type ChatState = "connecting" | "joining" | "joined" | "draining" | "offline" | "ended";

export function chatStateOf(facts: ChatFacts, room: Room): ChatState {
  switch (facts.phase) {
    case "connecting":
      return "connecting";
    case "open":
      return room.joined ? "joined" : "joining";
    case "draining":
      return "draining";
    case "waiting":
      return "offline";
    case "ended":
      return "ended";
  }
}

/** The state as a sentence. */
export function describeChat(facts: ChatFacts, room: Room, user: string, now: number): string {
  const seconds = Math.max(0, Math.ceil(((facts.retryAt ?? now) - now) / 1000));
  const again = seconds === 0 ? "trying again" : `trying again in ${seconds} s`;
  const as = user === "" ? "" : ` as ${user}`;
  const count = room.count === undefined ? "" : `, ${plural(room.count, "member")}`;
  const words: Record<ChatState, string> = {
    connecting: "Connecting",
    joining: `Joining ${room.name}${as}`,
    joined: `In ${room.name}${as}${count}`,
    draining: `Server is leaving, ${again}`,
    offline: `${facts.words || "Offline"}, ${again}`,
    ended: facts.words || "Not connected",
  };
  return words[chatStateOf(facts, room)];
}
