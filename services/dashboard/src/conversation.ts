import { errorWords } from "./chatError";
import type { Change, ServerFrame } from "./chatFrame";
import type { ChatSocket } from "./chatSocket";
import type { Memory } from "./memory";
import { formatPosition, parsePosition } from "./position";
import * as posts from "./post";
import * as rooms from "./room";
import { emptyRoom, type Room } from "./room";
import { Changes } from "./rooms/changes";
import { Typing } from "./rooms/typing";
import { looked } from "./rooms/unread";
import { VisitedRooms } from "./visitedRooms";
import { Watchdog } from "./watchdog";

/** What is done to a message, before it has its room and its cid. */
export type Doing = Change extends infer C
  ? C extends Change
    ? Omit<C, "room" | "cid">
    : never
  : never;
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

/** The talk in all joined rooms, across connections: joins, resumes, posts and asks again. */
export class Conversation {
  /** The name granted; empty until the first welcome. */
  user = "";
  /** The last thing the chat complained of; empty when there is nothing. */
  notice = "";
  readonly typing = new Typing();
  private present: string;
  private readonly visited = new VisitedRooms();
  private readonly changes = new Changes();
  private loading = "";
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
    for (const name of options.memory.rooms) this.visited.go(emptyRoom(name));
    this.visited.go(this.room);
    this.now = options.now ?? Date.now;
  }

  get room(): Room {
    return this.visited.get(this.present) ?? emptyRoom(this.present);
  }

  /** The rooms one is in, the least lately read first. */
  get rooms(): readonly Room[] {
    return this.visited.all();
  }

  /** Goes to another room; the others stay joined. */
  enter(name: string): void {
    if (name === this.present) return;
    this.present = name;
    this.options.memory.room = name;
    this.notice = "";
    const surplus = this.visited.go(this.room);
    if (surplus !== undefined) this.part(surplus);
    if (!this.room.joined) this.join(this.room);
    this.remember();
    this.options.onChange();
  }

  /** Goes out of a room; of the present one, to the one read before. */
  leave(name: string): void {
    const others = this.visited.all().filter((room) => room.name !== name);
    const next = others.at(-1);
    if (next === undefined) return;
    this.part(name);
    if (name === this.present) this.enter(next.name);
    this.remember();
    this.options.onChange();
  }

  /** The reader sees the present room down to its end. */
  look(): void {
    const room = looked(this.room);
    if (room === this.room) return;
    this.keep(room);
    if (room.seen !== undefined) this.options.memory.see(room.name, formatPosition(room.seen));
  }

  /** Changes a stored message of the present room; repeated until the chat has answered. */
  alter(doing: Doing): void {
    const change = { ...doing, room: this.present, cid: this.options.newCid() } as Change;
    this.changes.add(change, this.user, this.now());
    if (this.room.joined) this.socket.send(change);
    this.notice = this.room.joined ? "" : "Not connected; it will be done as soon as you are";
    this.options.onChange();
  }

  /** The reader is writing; told at most every three seconds. */
  write(): void {
    if (this.room.joined && this.typing.due(this.present, this.now())) {
      this.socket.send({ type: "typing", room: this.present });
    }
  }

  dismiss(): void {
    this.notice = "";
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
    if (oldest === undefined || this.loading === this.present) return;
    const asked = this.socket.send({
      type: "history",
      room: this.present,
      before: formatPosition(oldest),
    });
    if (asked) this.loading = this.present;
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
    this.loading = "";
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
    for (const room of this.visited.all()) this.join(room);
  }

  private join({ name, resumeFrom }: Room): void {
    const after = resumeFrom === undefined ? {} : { after: formatPosition(resumeFrom) };
    this.socket.send({ type: "join", room: name, ...after });
  }

  private part(name: string): void {
    this.socket.send({ type: "leave", room: name });
    this.visited.forget(name);
  }

  private remember(): void {
    this.options.memory.rooms = this.visited.all().map((room) => room.name);
  }

  private hearRoom(frame: RoomFrame): void {
    const room = this.visited.get(frame.room);
    if (room === undefined) return;
    if (frame.type === "typing") this.typing.hear(frame.room, frame.users, this.now());
    if (frame.type === "message") this.typing.spoke(frame.room, frame.message.user);
    if (frame.type === "history") this.loading = "";
    if ("cid" in frame) this.changes.close(frame.cid);
    this.keep(this.reduce(room, frame));
    if (frame.type === "joined") this.resend(frame.room);
    // On joined too: the answer that was to fill a hole may have gone down with the connection.
    const asks = frame.type === "gap" || frame.type === "joined";
    if (asks && this.visited.get(frame.room)?.hole !== undefined) {
      this.socket.send({ type: "history", room: frame.room, limit: GAP_PAGE });
    }
  }

  private reduce(room: Room, frame: RoomFrame): Room {
    switch (frame.type) {
      case "joined":
        return firstSeen(rooms.joined(room, frame), this.options.memory);
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
      case "reacted":
        return rooms.messageChanged(room, frame);
      case "typing":
        return room;
      case "other":
        return frame.position === undefined ? room : rooms.positionPassed(room, frame.position);
    }
  }

  private hearError(error: ServerFrame & { readonly type: "error" }, probed: boolean): void {
    const reason = errorWords(error.code, error.message);
    const { cid, retryable } = error;
    this.loading = "";
    if (cid !== undefined && this.changes.close(cid)) this.notice = reason;
    else if (cid !== undefined) {
      const room = this.visited.all().find((visited) => posts.has(visited, cid));
      if (room !== undefined) this.keep(posts.failed(room, cid, { reason, retryable }));
      return;
    }
    // An answer to a question that only tested the line: it lives, which is all we asked.
    if (!probed) this.notice = reason;
  }

  /** After the replay, so that what had arrived in spite of a lost ack isn't even sent again. */
  private resend(name: string): void {
    const room = this.visited.get(name);
    if (room === undefined) return;
    this.keep(posts.renamed(posts.expired(room, this.now()), this.user));
    for (const post of posts.unconfirmed(this.visited.get(name) ?? room)) {
      this.deliver(post.cid, name);
    }
    for (const change of this.changes.again(name, this.user, this.now())) this.socket.send(change);
  }

  private deliver(cid: string, name = this.present): void {
    const room = this.visited.get(name);
    const post = room?.posts.find((candidate) => candidate.cid === cid);
    if (room === undefined || post === undefined) return;
    if (!this.socket.send({ type: "post", room: name, cid, text: post.text })) return;
    this.change(posts.sent(room, cid, this.now(), this.user));
    this.watchAnswers();
  }

  /** Runs from the last post or answer; other members' messages must not put it off. */
  private watchAnswers(): void {
    const posted = this.visited.all().map((room) => posts.awaited(room).length);
    const count = posted.reduce((sum, each) => sum + each, this.changes.size);
    if (count === 0) this.unanswered.stop();
    else if (count !== this.awaited) this.unanswered.feed(ACK_WITHIN_MS);
    this.awaited = count;
  }

  /** No ack: the line may be dead or its server stuck, so the posts go over another one. */
  private suspect(): void {
    this.giveUp("No answer", true, TRIES);
    this.socket.recycle();
    this.options.onChange();
  }

  private giveUp(reason: string, retryable: boolean, tries = 1): void {
    for (const room of this.visited.all()) {
      const given = posts.awaited(room).filter((post) => post.tries >= tries);
      this.keep(
        given.reduce((kept, { cid }) => posts.failed(kept, cid, { reason, retryable }), room),
      );
    }
  }

  private change(room: Room): void {
    this.keep(room);
    this.options.onChange();
  }

  private keep(room: Room): void {
    this.visited.keep(room);
  }
}

/** Entered the first time on this page: seen are what was seen before a reload, or all there is. */
function firstSeen(room: Room, memory: Memory): Room {
  if (room.seen !== undefined) return room;
  const seen = parsePosition(memory.seen(room.name));
  const newest = room.messages.at(-1)?.position;
  return { ...room, seen: seen?.epoch === newest?.epoch ? seen : newest };
}
