import type { Change } from "../chatFrame";
import type { ChatSocket } from "../chatSocket";
import * as posts from "../post";
import type { Room } from "../room";
import type { VisitedRooms } from "../visitedRooms";
import { Watchdog } from "../watchdog";
import { Changes } from "./changes";

/** What is done to a message, before it has its room and its cid. */
export type Doing = Change extends infer C
  ? C extends Change
    ? Omit<C, "room" | "cid">
    : never
  : never;

export interface OutboxOptions {
  readonly newCid: () => string;
  /** The name granted, which posts are sent under. */
  readonly user: () => string;
  readonly now: () => number;
  /** The line was given up because nothing was answered. */
  readonly onSuspect: () => void;
}

/** How long an ack may take before the connection is suspected. */
const ACK_WITHIN_MS = 10_000;
const TRIES = 3;

/** What was written and done and the chat hasn't answered: sent, sent again, and given up aloud. */
export class Outbox {
  private readonly changes = new Changes();
  private awaited = 0;
  private readonly unanswered = new Watchdog(() => this.suspect());

  constructor(
    private readonly socket: ChatSocket,
    private readonly visited: VisitedRooms,
    private readonly options: OutboxOptions,
  ) {}

  post(room: Room, text: string): void {
    const cid = this.options.newCid();
    this.visited.keep(posts.posted(room, cid, text));
    if (room.joined) this.deliver(cid, room.name);
  }

  retry(room: Room, cid: string): void {
    this.visited.keep(posts.retried(room, cid));
    if (room.joined) this.deliver(cid, room.name);
  }

  discard(room: Room, cid: string): void {
    this.visited.keep(posts.discarded(room, cid));
  }

  /** Changes a stored message of the room; repeated until the chat has answered. */
  alter(room: Room, doing: Doing): void {
    const change = { ...doing, room: room.name, cid: this.options.newCid() } as Change;
    this.changes.add(change, this.options.user(), this.options.now());
    if (room.joined) this.socket.send(change);
  }

  /** What would be lost with the room: posts and changes that aren't confirmed. */
  unsent(room: Room): number {
    return room.posts.length + this.changes.in(room.name);
  }

  /** The log or an ack has it. */
  confirmed(cid: string): void {
    this.changes.close(cid);
  }

  /** The chat refused it; true when that was a post, which says so itself. */
  refused(cid: string, reason: string, retryable: boolean): boolean {
    if (this.changes.close(cid)) return false;
    const room = this.visited.all().find((visited) => posts.has(visited, cid));
    if (room !== undefined) this.visited.keep(posts.failed(room, cid, { reason, retryable }));
    return true;
  }

  /** After the replay, so that what had arrived in spite of a lost ack isn't even sent again. */
  resend(name: string): void {
    const room = this.visited.get(name);
    if (room === undefined) return;
    const now = this.options.now();
    const user = this.options.user();
    const kept = posts.renamed(posts.expired(room, now), user);
    this.visited.keep(kept);
    for (const { cid } of posts.unconfirmed(kept)) this.deliver(cid, name);
    for (const change of this.changes.again(name, user, now)) this.socket.send(change);
  }

  /** The room was left: what is open there will never be answered. */
  forget(name: string): void {
    this.changes.forget(name);
    this.watch();
  }

  /** The connection ended; what was not confirmed waits for the next one. */
  lost(): void {
    this.unanswered.stop();
    this.awaited = 0;
  }

  /** Fails the posts under way that were sent so many times. */
  giveUp(reason: string, retryable: boolean, tries = 1): void {
    for (const room of this.visited.all()) {
      const given = posts.awaited(room).filter((post) => post.tries >= tries);
      this.visited.keep(
        given.reduce((kept, { cid }) => posts.failed(kept, cid, { reason, retryable }), room),
      );
    }
  }

  /** Runs from the last post or answer; other members' messages must not put it off. */
  watch(): void {
    const posted = this.visited.all().map((room) => posts.awaited(room).length);
    const count = posted.reduce((sum, each) => sum + each, this.changes.size);
    if (count === 0) this.unanswered.stop();
    else if (count !== this.awaited) this.unanswered.feed(ACK_WITHIN_MS);
    this.awaited = count;
  }

  private deliver(cid: string, name: string): void {
    const room = this.visited.get(name);
    const post = room?.posts.find((candidate) => candidate.cid === cid);
    if (room === undefined || post === undefined) return;
    if (!this.socket.send({ type: "post", room: name, cid, text: post.text })) return;
    this.visited.keep(posts.sent(room, cid, this.options.now(), this.options.user()));
    this.watch();
  }

  /** No ack: the line may be dead or its server stuck, so the posts go over another one. */
  private suspect(): void {
    this.giveUp("No answer", true, TRIES);
    this.socket.recycle();
    this.options.onSuspect();
  }
}
