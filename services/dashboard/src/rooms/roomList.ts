import { finiteOr, isObject, parseObject } from "../json";

/** A room of the chat, as its list says. */
export interface Listed {
  readonly room: string;
  readonly count: number;
  /** Unix seconds of its newest message. */
  readonly time: number;
}

const EVERY_MS = 30_000;
export const LISTED_MAX = 50;

export function parseRooms(text: string): readonly Listed[] {
  const rooms = parseObject(text)?.["rooms"];
  if (!Array.isArray(rooms)) return [];
  return rooms.slice(0, LISTED_MAX).flatMap((one) => {
    const room = isObject(one) ? one["room"] : undefined;
    if (!isObject(one) || typeof room !== "string") return [];
    return [{ room, count: finiteOr(one["count"], 0), time: finiteOr(one["time"], 0) }];
  });
}

/** Asks for the rooms now and then: calmly, spread, and not while nobody looks. */
export class RoomList {
  rooms: readonly Listed[] = [];
  private askedAt = Number.NEGATIVE_INFINITY;
  private wait = 0;

  constructor(
    private readonly ask: () => Promise<Response>,
    private readonly onChange: (status: number) => void,
  ) {}

  /** Call as often as you like. */
  refresh(now = Date.now()): void {
    if (now - this.askedAt < this.wait) return;
    this.askedAt = now;
    this.wait = EVERY_MS * (0.75 + Math.random() / 2);
    void this.load();
  }

  private async load(): Promise<void> {
    try {
      const response = await this.ask();
      if (response.ok) this.rooms = parseRooms(await response.text());
      this.onChange(response.status);
    } catch {
      // Offline: the connection's own state says so, and the list stays as it was.
    }
  }
}
