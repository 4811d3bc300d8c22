import type { Room } from "./room";

/** Rooms whose place is remembered, as many as one connection may hold (protocol.md, "chat"). */
const ROOMS_KEPT = 20;

/** The rooms of this page's life, so that going back resumes instead of loading anew. */
export class VisitedRooms {
  private readonly rooms = new Map<string, Room>();

  get(name: string): Room | undefined {
    return this.rooms.get(name);
  }

  /** A copy, so that rooms may be kept anew while going through it. */
  all(): readonly Room[] {
    return [...this.rooms.values()];
  }

  /** Keeps a room's newest form; the room least lately changed goes first, never `present`. */
  keep(room: Room, present: string): void {
    this.rooms.delete(room.name);
    this.rooms.set(room.name, room);
    if (this.rooms.size <= ROOMS_KEPT) return;
    for (const name of this.rooms.keys()) {
      if (name === present) continue;
      this.rooms.delete(name);
      return;
    }
  }
}
