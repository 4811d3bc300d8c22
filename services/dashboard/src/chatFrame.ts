import { askedWait } from "./backoff";
import { type Fields, finiteOr, isObject, parseObject, textOr } from "./json";
import { type Position, parsePosition } from "./position";
import { type Message, parseMessage, parseMessages } from "./storedMessage";

export type { Message } from "./storedMessage";

/** What the chat may say, as far as the page acts on it. */
export type ServerFrame =
  | {
      readonly type: "welcome";
      readonly session: string;
      readonly user: string;
      readonly heartbeatSeconds: number;
    }
  | {
      readonly type: "joined";
      readonly room: string;
      readonly head: Position | undefined;
      readonly resumed: boolean;
      readonly messages: readonly Message[];
      readonly members: readonly string[];
      readonly count: number | undefined;
    }
  | { readonly type: "message"; readonly room: string; readonly message: Message }
  | {
      readonly type: "ack";
      readonly room: string;
      readonly cid: string;
      readonly position: Position;
    }
  | {
      readonly type: "history";
      readonly room: string;
      readonly messages: readonly Message[];
      readonly more: boolean;
    }
  | { readonly type: "gap"; readonly room: string; readonly reason: string }
  | {
      readonly type: "presence";
      readonly room: string;
      readonly joined: readonly string[];
      readonly left: readonly string[];
      readonly count: number | undefined;
    }
  | {
      readonly type: "error";
      readonly code: string;
      readonly message: string;
      readonly retryable: boolean;
      readonly cid: string | undefined;
    }
  | {
      /** What was done to the message at `target`. */
      readonly type: "edited" | "deleted";
      readonly room: string;
      readonly position: Position;
      readonly target: Position;
      readonly cid: string;
      readonly user: string;
      readonly text: string;
      /** The message is gone: either this frame says so, or a later one did. */
      readonly deleted: boolean;
    }
  | {
      readonly type: "reacted";
      readonly room: string;
      readonly position: Position;
      readonly target: Position;
      readonly user: string;
      readonly emoji: string;
      readonly on: boolean;
      readonly cid: string;
    }
  | { readonly type: "typing"; readonly room: string; readonly users: readonly string[] }
  /** This connection's token ends soon; another one goes on in its place. */
  | { readonly type: "expiring"; readonly inMs: number }
  | { readonly type: "drain"; readonly waitMs: number | undefined }
  /** A frame of a later version: it proves the connection and may move the room's position. */
  | { readonly type: "other"; readonly room: string; readonly position: Position | undefined };

interface ChangeTarget {
  readonly room: string;
  /** Of the message that is changed. */
  readonly position: string;
  readonly cid: string;
}

/** What is done to a stored message. */
export type Change = ChangeTarget &
  (
    | { readonly type: "edit"; readonly text: string }
    | { readonly type: "delete" }
    | { readonly type: "react"; readonly emoji: string; readonly on: boolean }
  );

/** What the page says. */
export type ClientFrame =
  | { readonly type: "join"; readonly room: string; readonly after?: string }
  | { readonly type: "leave"; readonly room: string }
  | { readonly type: "post"; readonly room: string; readonly cid: string; readonly text: string }
  | Change
  | { readonly type: "typing"; readonly room: string }
  | { readonly type: "refresh"; readonly token: string }
  | {
      readonly type: "history";
      readonly room: string;
      readonly before?: string;
      readonly limit?: number;
    };

const DEFAULT_HEARTBEAT_SECONDS = 20;

/** Reads one frame; undefined when it is no JSON object or lacks what its type needs. */
export function parseServerFrame(text: unknown): ServerFrame | undefined {
  const fields = parseObject(text);
  return fields && parseFields(fields, textOr(fields["room"], ""));
}

function parseFields(fields: Fields, room: string): ServerFrame | undefined {
  switch (fields["type"]) {
    case "welcome":
      return parseWelcome(fields);
    case "joined":
      return parseJoined(fields, room);
    case "message": {
      const message = parseMessage(fields);
      return message && { type: "message", room, message };
    }
    case "ack": {
      const position = parsePosition(fields["position"]);
      return position && { type: "ack", room, cid: textOr(fields["cid"], ""), position };
    }
    case "history": {
      const messages = parseMessages(fields["messages"]);
      return { type: "history", room, messages, more: fields["more"] === true };
    }
    case "presence":
      return parsePresence(fields, room);
    case "edited":
    case "deleted":
      return parseChange(fields, room, fields["type"]);
    case "reacted":
      return parseReacted(fields, room);
    default:
      return parseNotice(fields, room);
  }
}

function parseNotice(fields: Fields, room: string): ServerFrame | undefined {
  switch (fields["type"]) {
    case "gap":
      return { type: "gap", room, reason: textOr(fields["reason"], "") };
    case "error":
      return parseError(fields);
    case "typing":
      return { type: "typing", room, users: parseNames(fields["users"]) };
    case "expiring":
      return { type: "expiring", inMs: finiteOr(fields["in_ms"], 0) };
    case "drain":
      return { type: "drain", waitMs: askedWait(fields["reconnect_in_ms"]) };
    default:
      return { type: "other", room, position: parsePosition(fields["position"]) };
  }
}

function parseChange(
  fields: Fields,
  room: string,
  type: "edited" | "deleted",
): ServerFrame | undefined {
  const position = parsePosition(fields["position"]);
  const target = parsePosition(fields["target"]);
  if (position === undefined || target === undefined) return undefined;
  const deleted = type === "deleted" || fields["deleted"] === true;
  const by = { cid: textOr(fields["cid"], ""), user: textOr(fields["user"], "") };
  return { type, room, position, target, ...by, text: textOr(fields["text"], ""), deleted };
}

function parseReacted(fields: Fields, room: string): ServerFrame | undefined {
  const position = parsePosition(fields["position"]);
  const target = parsePosition(fields["target"]);
  const emoji = textOr(fields["emoji"], "");
  if (position === undefined || target === undefined || emoji === "") return undefined;
  const by = { cid: textOr(fields["cid"], ""), user: textOr(fields["user"], "") };
  return { type: "reacted", room, position, target, ...by, emoji, on: fields["on"] === true };
}

function parseWelcome(fields: Fields): ServerFrame {
  const heartbeat = finiteOr(fields["heartbeat"], DEFAULT_HEARTBEAT_SECONDS);
  return {
    type: "welcome",
    session: textOr(fields["session"], ""),
    user: textOr(fields["user"], ""),
    heartbeatSeconds: Math.min(60, Math.max(1, heartbeat)),
  };
}

function parseJoined(fields: Fields, room: string): ServerFrame {
  return {
    type: "joined",
    room,
    head: parsePosition(fields["head"]),
    resumed: fields["resumed"] === true,
    messages: parseMessages(fields["messages"]),
    members: parseNames(fields["members"]),
    count: finiteOr(fields["count"], undefined),
  };
}

function parsePresence(fields: Fields, room: string): ServerFrame {
  return {
    type: "presence",
    room,
    joined: parseNames(fields["joined"]),
    left: parseNames(fields["left"]),
    count: finiteOr(fields["count"], undefined),
  };
}

function parseError(fields: Fields): ServerFrame {
  const cid = fields["cid"];
  return {
    type: "error",
    code: textOr(fields["code"], "unknown"),
    message: textOr(fields["message"], ""),
    retryable: fields["retryable"] === true,
    cid: typeof cid === "string" ? cid : undefined,
  };
}

/** Names of members, given as texts or as objects that carry a `user`. */
function parseNames(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value
    .map((member) => (isObject(member) ? member["user"] : member))
    .filter((name) => typeof name === "string");
}
