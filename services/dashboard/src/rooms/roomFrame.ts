import type { ServerFrame } from "../chatFrame";
import type { Room } from "../room";
import * as rooms from "../room";

/** A frame that is about one room. */
export type RoomFrame = Extract<ServerFrame, { readonly room: string }>;

/** The room as it is after a frame; `by` is the reader, whose the acknowledged posts are. */
export function roomAfter(
  room: Room,
  frame: RoomFrame,
  by: { readonly user: string; readonly time: number },
): Room {
  switch (frame.type) {
    case "joined":
      return rooms.joined(room, frame);
    case "message":
      return rooms.messageArrived(room, frame.message);
    case "ack":
      return rooms.acknowledged(room, frame, by);
    case "history":
      return rooms.historyArrived(room, frame);
    case "gap":
      return rooms.gapTold(room);
    case "presence":
      return rooms.membersChanged(room, frame);
    case "edited":
    case "deleted":
    case "reacted":
      return rooms.messageChanged(room, frame);
    case "typing":
      return room;
    case "other":
      return frame.position === undefined ? room : rooms.positionPassed(room, frame.position);
  }
}
