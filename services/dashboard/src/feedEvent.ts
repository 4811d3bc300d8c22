import { askedWait } from "./backoff";
import { type Fields, finiteOr, parseObject, textOr } from "./json";
import { type Position, parsePosition } from "./position";
import { parsePack, type SensorRecord } from "./senml";

/** Everything the feed's stream can say (protocol.md, "The stream, in order"). */
export type FeedEvent =
  | {
      readonly type: "hello";
      readonly position: Position | undefined;
      readonly resumed: boolean;
      readonly reason: string;
      readonly heartbeatSeconds: number;
      readonly serverTime: number | undefined;
    }
  | {
      readonly type: "snapshot" | "readings";
      readonly position: Position | undefined;
      readonly records: readonly SensorRecord[];
    }
  | {
      readonly type: "gap";
      readonly position: Position | undefined;
      readonly from: string;
      readonly to: string;
      readonly reason: string;
    }
  | {
      readonly type: "heartbeat";
      readonly position: Position | undefined;
      readonly serverTime: number | undefined;
    }
  | { readonly type: "status"; readonly upstreamDown: boolean }
  | {
      /** The token of this stream ends in so long. */
      readonly type: "expiring";
      readonly inMs: number;
    }
  | {
      /** It has ended, and with it the stream. */
      readonly type: "expired";
      readonly reason: string;
    }
  | {
      readonly type: "drain" | "busy";
      readonly waitMs: number | undefined;
      readonly reason: string;
    };

export type FeedEventType = FeedEvent["type"];

export const FEED_EVENT_TYPES: readonly FeedEventType[] = [
  "hello",
  "snapshot",
  "readings",
  "gap",
  "heartbeat",
  "status",
  "drain",
  "busy",
  "expiring",
  "expired",
];

/** The feed's own default, until hello says which it is. */
export const DEFAULT_HEARTBEAT_SECONDS = 15;

/** Reads one event; undefined when its data is not what its name promises. */
export function parseFeedEvent(
  type: FeedEventType,
  data: unknown,
  id: string,
): FeedEvent | undefined {
  const position = parsePosition(id);
  if (type === "snapshot" || type === "readings") {
    const records = parsePack(data);
    return records && { type, position, records };
  }
  const fields = parseObject(data);
  return fields && parseTold(type, fields, position);
}

function parseTold(
  type: Exclude<FeedEventType, "snapshot" | "readings">,
  fields: Fields,
  position: Position | undefined,
): FeedEvent {
  switch (type) {
    case "hello":
      return parseHello(fields, position);
    case "gap":
      return {
        type,
        position,
        from: offset(fields["from"]),
        to: offset(fields["to"]),
        reason: reason(fields),
      };
    case "heartbeat":
      return { type, position, serverTime: finiteOr(fields["server_time"], undefined) };
    case "status":
      return { type, upstreamDown: fields["upstream"] === "down" };
    case "expiring":
      return { type, inMs: Math.max(0, finiteOr(fields["in_ms"], 0)) };
    case "expired":
      return { type, reason: reason(fields) };
    default:
      return { type, waitMs: askedWait(fields["reconnect_in_ms"]), reason: reason(fields) };
  }
}

function parseHello(fields: Fields, position: Position | undefined): FeedEvent {
  return {
    type: "hello",
    position,
    resumed: fields["resumed"] === true,
    reason: reason(fields),
    // The protocol's own bounds; beyond them the watchdog would bark at once or never.
    heartbeatSeconds: Math.min(
      60,
      Math.max(1, finiteOr(fields["heartbeat"], DEFAULT_HEARTBEAT_SECONDS)),
    ),
    serverTime: finiteOr(fields["server_time"], undefined),
  };
}

function reason(fields: Fields): string {
  return textOr(fields["reason"], "");
}

function offset(value: unknown): string {
  return typeof value === "number" || typeof value === "string" ? String(value) : "";
}
