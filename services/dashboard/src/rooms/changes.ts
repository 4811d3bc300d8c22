import type { Change } from "../chatFrame";
import { SAFE_TO_REPEAT_MS } from "../post";

interface Open {
  readonly change: Change;
  readonly sentBy: string;
  readonly since: number;
}

/** Changes until they are confirmed: one frame with one cid each, however often it is sent. Pure. */
export class Changes {
  private readonly open = new Map<string, Open>();

  get size(): number {
    return this.open.size;
  }

  add(change: Change, sentBy: string, now: number): void {
    this.open.set(change.cid, { change, sentBy, since: now });
  }

  /** True when it was open: by the word of an ack, of the log or of an error. */
  close(cid: string): boolean {
    return this.open.delete(cid);
  }

  /** How many are open in a room. */
  in(room: string): number {
    return [...this.open.values()].filter(({ change }) => change.room === room).length;
  }

  forget(room: string): void {
    for (const [cid, { change }] of this.open) if (change.room === room) this.open.delete(cid);
  }

  /** What a new connection sends again; what may no longer be repeated, or by another name, is dropped. */
  again(room: string, user: string, now: number): readonly Change[] {
    for (const [cid, { sentBy, since }] of this.open) {
      if (sentBy !== user || now - since >= SAFE_TO_REPEAT_MS) this.open.delete(cid);
    }
    return [...this.open.values()]
      .map(({ change }) => change)
      .filter((change) => change.room === room);
  }
}
