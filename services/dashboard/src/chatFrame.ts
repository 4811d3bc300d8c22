import { askedWait } from "./backoff";
import { type Fields, finiteOr, isObject, parseObject, textOr } from "./json";
import { type Position, parsePosition } from "./position";

/** A stored message: the same in `joined`, `history` and, but for its type, in `message`. */
export interface Message {
  readonly position: Position;
  readonly cid: string;
  readonly user: string;
  readonly text: string;
  /** Unix seconds. */
  readonly time: number | undefined;
  readonly edited: boolean;
  readonly deleted: boolean;
}

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
      readonly text: string;
      /** The message is gone: either this frame says so, or a later one did. */
      readonly deleted: boolean;
    }
  | { readonly type: "drain"; readonly waitMs: number | undefined }
  /** A frame of a later version: it proves the connection and may move the room's position. */
  | { readonly type: "other"; readonly room: string; readonly position: Position | undefined };

/** What the page says. */
export type ClientFrame =
  | { readonly type: "join"; readonly room: string; readonly after?: string }
  | { readonly type: "leave"; readonly room: string }
  | { readonly type: "post"; readonly room: string; readonly cid: string; readonly text: string }
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
  return { type, room, position, target, text: textOr(fields["text"], ""), deleted };
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

function parseMessages(value: unknown): Message[] {
  if (!Array.isArray(value)) return [];
  return value.map(parseMessage).filter((message) => message !== undefined);
}

function parseMessage(value: unknown): Message | undefined {
  if (!isObject(value)) return undefined;
  const position = parsePosition(value["position"]);
  if (position === undefined) return undefined;
  return {
    position,
    cid: textOr(value["cid"], ""),
    user: textOr(value["user"], ""),
    text: textOr(value["text"], ""),
    time: finiteOr(value["time"], undefined),
    edited: value["edited"] !== undefined && value["edited"] !== null,
    deleted: value["deleted"] === true,
  };
}

/** Names of members, given as texts or as objects that carry a `user`. */
function parseNames(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value
    .map((member) => (isObject(member) ? member["user"] : member))
    .filter((name) => typeof name === "string");
}
