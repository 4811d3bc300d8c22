import { finiteOr, isObject, textOr } from "./json";
import { type Position, parsePosition } from "./position";
import { parseReactions, type Reactions } from "./rooms/reactions";

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
  readonly reactions?: Reactions;
}

export function parseMessages(value: unknown): Message[] {
  if (!Array.isArray(value)) return [];
  return value.map(parseMessage).filter((message) => message !== undefined);
}

export function parseMessage(value: unknown): Message | undefined {
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
    reactions: parseReactions(value["reactions"], value["reaction_counts"]),
  };
}
