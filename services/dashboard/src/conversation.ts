import { errorWords } from "./chatError";
import type { ServerFrame } from "./chatFrame";
import type { ChatSocket } from "./chatSocket";
import type { Memory } from "./memory";
import { formatPosition } from "./position";
import * as posts from "./post";
import * as rooms from "./room";
import { emptyRoom, type Room } from "./room";
import { VisitedRooms } from "./visitedRooms";
import { Watchdog } from "./watchdog";

type RoomFrame = Extract<ServerFrame, { readonly room: string }>;

export interface ConversationOptions {
  readonly memory: Memory;
  readonly newCid: () => string;
  /** The room, the user's name or a notice has changed. */
  readonly onChange: () => void;
  readonly now?: () => number;
}

/** How long an ack may take before the connection is suspected. */
const ACK_WITHIN_MS = 10_000;
const TRIES = 3;
const GAP_PAGE = 100;
const TOO_LARGE = 1009;

/** The talk in one room at a time, across connections: joins, resumes, posts and asks again. */
export class Conversation {
  /** The name granted; empty until the first welcome. */
  user = "";
  /** The last thing the chat complained of; empty when there is nothing. */
  notice = "";
  private present: string;
  private readonly visited = new VisitedRooms();
  /** A question is under way whose only purpose is to hear anything at all. */
  private probing = false;
  private awaited = 0;
  private readonly unanswered = new Watchdog(() => this.suspect());
  private readonly now: () => number;

  constructor(
    private readonly socket: ChatSocket,
    room: string,
    private readonly options: ConversationOptions,
  ) {
    this.present = room;
    this.now = options.now ?? Date.now;
  }

  get room(): Room {
    return this.visited.get(this.present) ?? emptyRoom(this.present);
  }

  /** Goes to another room; what was loaded of this one is kept for the way back. */
  enter(name: string): void {
    if (name === this.present) return;
    this.socket.send({ type: "leave", room: this.present });
    this.keep(rooms.parted(this.room));
    this.present = name;
    this.options.memory.room = name;
    this.notice = "";
    this.join();
    this.options.onChange();
  }

  post(text: string): void {
    const cid = this.options.newCid();
    this.change(posts.posted(this.room, cid, text));
    if (this.room.joined) this.deliver(cid);
  }

  retry(cid: string): void {
    this.change(posts.retried(this.room, cid));
    if (this.room.joined) this.deliver(cid);
  }

  discard(cid: string): void {
    this.change(posts.discarded(this.room, cid));
  }

  loadEarlier(): void {
    const oldest = this.room.messages[0]?.position;
    if (oldest === undefined) return;
    this.socket.send({ type: "history", room: this.present, before: formatPosition(oldest) });
  }

  /** Asks for the newest message alone: the cheapest question that the chat always answers. */
  probe(): void {
    this.probing = this.socket.send({ type: "history", room: this.present, limit: 1 });
  }

  /** The connection ended; everything stays on the page, and what was not confirmed stays pending. */
  lost(code: number): void {
    this.unanswered.stop();
    this.awaited = 0;
    this.probing = false;
    for (const room of this.visited.all()) this.keep(rooms.parted(room));
    // Sent again unchanged it would be refused again, and the connection with it.
    if (code === TOO_LARGE) this.giveUp("Too large", false);
    this.options.onChange();
  }

  hear(frame: ServerFrame): void {
    const probed = this.probing;
    this.probing = false;
    if (frame.type === "welcome") this.welcome(frame.session, frame.user);
    else if (frame.type === "error") this.hearError(frame, probed);
    else if ("room" in frame) this.hearRoom(frame);
    this.watchAnswers();
    this.options.onChange();
  }

  private welcome(session: string, user: string): void {
    this.user = user;
    this.notice = "";
    this.options.memory.session = session && user ? { id: session, user } : undefined;
    this.join();
  }

  private join(): void {
    const { resumeFrom } = this.room;
    const after = resumeFrom === undefined ? {} : { after: formatPosition(resumeFrom) };
    this.socket.send({ type: "join", room: this.present, ...after });
  }

  private hearRoom(frame: RoomFrame): void {
    const room = this.visited.get(frame.room);
    if (room === undefined && frame.room !== this.present) return;
    this.keep(this.reduce(room ?? this.room, frame));
    if (frame.room !== this.present) return;
    if (frame.type === "joined") this.resend();
    // On joined too: the answer that was to fill a hole may have gone down with the connection.
    const asks = frame.type === "gap" || frame.type === "joined";
    if (asks && this.room.hole !== undefined) {
      this.socket.send({ type: "history", room: this.present, limit: GAP_PAGE });
    }
  }

  private reduce(room: Room, frame: RoomFrame): Room {
    switch (frame.type) {
      case "joined":
        return rooms.joined(room, frame);
      case "message":
        return rooms.messageArrived(room, frame.message);
      case "ack":
        return rooms.acknowledged(room, frame, { user: this.user, time: this.now() / 1000 });
      case "history":
        return rooms.historyArrived(room, frame);
      case "gap":
        return rooms.gapTold(room);
      case "presence":
        return rooms.membersChanged(room, frame);
      case "edited":
      case "deleted":
        return rooms.messageChanged(room, frame);
      case "other":
        return frame.position === undefined ? room : rooms.positionPassed(room, frame.position);
    }
  }

  private hearError(error: ServerFrame & { readonly type: "error" }, probed: boolean): void {
    const reason = errorWords(error.code, error.message);
    const { cid, retryable } = error;
    if (cid !== undefined) {
      const room = this.visited.all().find((visited) => posts.has(visited, cid));
      if (room !== undefined) this.keep(posts.failed(room, cid, { reason, retryable }));
      return;
    }
    // An answer to a question that only tested the line: it lives, which is all we asked.
    if (!probed) this.notice = reason;
  }

  /** After the replay, so that what had arrived in spite of a lost ack isn't even sent again. */
  private resend(): void {
    this.keep(posts.expired(this.room, this.now()));
    for (const post of posts.unconfirmed(this.room)) this.deliver(post.cid);
  }

  private deliver(cid: string): void {
    const post = this.room.posts.find((candidate) => candidate.cid === cid);
    if (post === undefined) return;
    const { text } = post;
    if (!this.socket.send({ type: "post", room: this.present, cid, text })) return;
    this.change(posts.sent(this.room, cid, this.now()));
    this.watchAnswers();
  }

  /** Runs from the last post or answer; other members' messages must not put it off. */
  private watchAnswers(): void {
    const count = posts.awaited(this.room).length;
    if (count === 0) this.unanswered.stop();
    else if (count !== this.awaited) this.unanswered.feed(ACK_WITHIN_MS);
    this.awaited = count;
  }

  /** No ack: the line may be dead or its server stuck, so the posts go over another one. */
  private suspect(): void {
    for (const post of posts.awaited(this.room)) {
      if (post.tries >= TRIES) {
        this.keep(posts.failed(this.room, post.cid, { reason: "No answer", retryable: true }));
      }
    }
    this.socket.recycle();
    this.options.onChange();
  }

  private giveUp(reason: string, retryable: boolean): void {
    for (const post of posts.awaited(this.room)) {
      this.keep(posts.failed(this.room, post.cid, { reason, retryable }));
    }
  }

  private change(room: Room): void {
    this.keep(room);
    this.options.onChange();
  }

  private keep(room: Room): void {
    this.visited.keep(room, this.present);
  }
}
