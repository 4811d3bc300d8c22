import { errorWords } from "./chatError";
import type { ServerFrame } from "./chatFrame";
import type { ChatSocket } from "./chatSocket";
import type { Memory } from "./memory";
import { formatPosition, parsePosition } from "./position";
import * as rooms from "./room";
import { emptyRoom, type Room } from "./room";
import { parsePosts } from "./rooms/keptPosts";
import { type Doing, Outbox } from "./rooms/outbox";
import { type RoomFrame, roomAfter } from "./rooms/roomFrame";
import { Typing } from "./rooms/typing";
import { firstSeen, looked } from "./rooms/unread";
import { ROOMS_KEPT, VisitedRooms } from "./visitedRooms";
import { plural } from "./wording";

export interface ConversationOptions {
  readonly memory: Memory;
  readonly newCid: () => string;
  /** The room, the user's name or a notice has changed. */
  readonly onChange: () => void;
  readonly now?: () => number;
}

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
  private readonly outbox: Outbox;
  private loading = "";
  /** The room whose leaving was put off, because something in it isn't sent. */
  private warnedOf = "";
  /** A question is under way whose only purpose is to hear anything at all. */
  private probing = false;
  private readonly now: () => number;

  constructor(
    private readonly socket: ChatSocket,
    room: string,
    private readonly options: ConversationOptions,
  ) {
    this.present = room;
    for (const name of options.memory.rooms) this.visited.go(this.recalled(name));
    this.visited.go(this.visited.get(room) ?? this.recalled(room));
    this.now = options.now ?? Date.now;
    this.outbox = new Outbox(socket, this.visited, {
      newCid: options.newCid,
      user: () => this.user,
      now: this.now,
      onSuspect: () => options.onChange(),
    });
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
    this.notice = "";
    const surplus = this.visited.go(this.room, (room) => this.outbox.unsent(room) === 0);
    if (surplus !== undefined) this.part(surplus);
    this.joinPresent();
    this.remember();
    this.options.onChange();
  }

  /**
   * Goes out of a room; of the present one, to the one read before. What isn't sent there would be
   * lost: the first attempt says so and leaves everything as it is.
   */
  leave(name: string): void {
    const room = this.visited.get(name);
    const next = this.rooms.findLast((other) => other.name !== name);
    if (room === undefined || next === undefined) return;
    const unsent = this.outbox.unsent(room);
    if (unsent > 0 && this.warnedOf !== name) {
      this.warn(name, unsent);
      return;
    }
    this.part(name);
    if (name === this.present) this.enter(next.name);
    // It was refused while there was one room too many.
    else if (this.rooms.length === ROOMS_KEPT) this.joinPresent();
    this.notice = "";
    this.remember();
    this.options.onChange();
  }

  /** The reader sees the present room down to its end. */
  look(): void {
    const room = looked(this.room);
    if (room === this.room) return;
    this.visited.keep(room);
    if (room.seen !== undefined) this.options.memory.see(room.name, formatPosition(room.seen));
    this.options.onChange();
  }

  /** Changes a stored message of the present room. */
  alter(doing: Doing): void {
    this.outbox.alter(this.room, doing);
    this.notice = this.room.joined ? "" : "Not connected; it will be done as soon as you are";
    this.options.onChange();
  }

  /** The reader is writing; told at most every three seconds. */
  write(): void {
    if (this.room.joined && this.typing.due(this.present, this.now())) {
      this.socket.send({ type: "typing", room: this.present });
    }
  }

  post(text: string): void {
    this.outbox.post(this.room, text);
    this.options.onChange();
  }

  retry(cid: string): void {
    this.outbox.retry(this.room, cid);
    this.options.onChange();
  }

  discard(cid: string): void {
    this.outbox.discard(this.room, cid);
    this.options.onChange();
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
    this.outbox.lost();
    this.probing = false;
    this.loading = "";
    for (const room of this.visited.all()) this.visited.keep(rooms.parted(room));
    // Sent again unchanged it would be refused again, and the connection with it.
    if (code === TOO_LARGE) this.outbox.giveUp("Too large", false);
    this.options.onChange();
  }

  hear(frame: ServerFrame): void {
    const probed = this.probing;
    this.probing = false;
    if (frame.type === "welcome") this.welcome(frame.session, frame.user);
    else if (frame.type === "error") this.hearError(frame, probed);
    else if ("room" in frame) this.hearRoom(frame);
    this.outbox.watch();
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

  private joinPresent(): void {
    if (this.user !== "" && !this.room.joined) this.join(this.room);
  }

  private part(name: string): void {
    this.socket.send({ type: "leave", room: name });
    this.visited.forget(name);
    this.outbox.forget(name);
    this.warnedOf = "";
  }

  private warn(name: string, unsent: number): void {
    this.warnedOf = name;
    this.notice = `${plural(unsent, "thing")} you wrote in ${name} isn't sent yet; leave it again to give that up`;
    this.options.onChange();
  }

  /** A room as the page before left it: what wasn't confirmed there goes out again. */
  private recalled(name: string): Room {
    return { ...emptyRoom(name), posts: parsePosts(this.options.memory.posts, name) };
  }

  private remember(): void {
    this.options.memory.room = this.present;
    this.options.memory.rooms = this.rooms.map((room) => room.name);
  }

  private hearRoom(frame: RoomFrame): void {
    const room = this.visited.get(frame.room);
    if (room === undefined) return;
    if (frame.type === "typing") this.typing.hear(frame.room, frame.users, this.now());
    if (frame.type === "message") this.typing.spoke(frame.room, frame.message.user);
    if (frame.type === "history") this.loading = "";
    if ("cid" in frame) this.outbox.confirmed(frame.cid);
    const after = roomAfter(room, frame, { user: this.user, time: this.now() / 1000 });
    this.visited.keep(frame.type === "joined" ? this.entered(after) : after);
    if (frame.type === "joined") this.outbox.resend(frame.room);
    // On joined too: the answer that was to fill a hole may have gone down with the connection.
    const asks = frame.type === "gap" || frame.type === "joined";
    if (asks && this.visited.get(frame.room)?.hole !== undefined) {
      this.socket.send({ type: "history", room: frame.room, limit: GAP_PAGE });
    }
  }

  private entered(room: Room): Room {
    const { memory } = this.options;
    const shown = firstSeen(room, parsePosition(memory.seen(room.name)));
    if (shown.seen !== undefined) memory.see(room.name, formatPosition(shown.seen));
    return shown;
  }

  private hearError(error: ServerFrame & { readonly type: "error" }, probed: boolean): void {
    const reason = errorWords(error.code, error.message);
    const { cid, retryable } = error;
    this.loading = "";
    if (cid !== undefined && this.outbox.refused(cid, reason, retryable)) return;
    // An answer to a question that only tested the line: it lives, which is all we asked.
    if (!probed) this.notice = reason;
  }
}
