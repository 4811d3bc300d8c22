import type { Room } from "./room";

/** Rooms whose place is remembered, as many as one connection may hold (protocol.md, "chat"). */
export const ROOMS_KEPT = 20;

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

  /** Keeps a room's newest form, in the place it has. */
  keep(room: Room): void {
    this.rooms.set(room.name, room);
  }

  /**
   * The reader goes to a room; returns the one that has to be left for it, the least lately read of
   * those that may be left.
   */
  go(room: Room, mayLeave: (room: Room) => boolean = () => true): string | undefined {
    this.rooms.delete(room.name);
    this.rooms.set(room.name, room);
    if (this.rooms.size <= ROOMS_KEPT) return undefined;
    return this.all().find((one) => one.name !== room.name && mayLeave(one))?.name;
  }

  forget(name: string): void {
    this.rooms.delete(name);
  }
}
