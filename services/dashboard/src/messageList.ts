import { MessageView, type PostActions } from "./messageView";
import { formatPosition } from "./position";
import type { Room } from "./room";

/** How near to the end counts as reading along, in pixels. */
const NEAR_END = 48;
const NEAR_TOP = 240;

/** Messages in the document at once, however many the room has. */
const WINDOW = 200;
const STEP = 100;

/** A room's messages and posts as list items, changed only where the room has changed. */
export class MessageList {
  private views = new Map<string, MessageView>();
  private room: Room | undefined;
  private user = "";
  private following = true;
  /** Index after the last message shown while the reader is further up; undefined at the end. */
  private end: number | undefined;

  constructor(
    private readonly list: HTMLElement,
    /** What scrolls. */
    private readonly frame: HTMLElement,
    private readonly actions: PostActions,
  ) {}

  /** Messages that are loaded and lie above what is shown. */
  get hiddenAbove(): number {
    return Math.max(0, (this.end ?? this.room?.messages.length ?? 0) - WINDOW);
  }

  /** Call after the frame has changed its size: who was reading along goes on doing so. */
  resize(): void {
    if (this.following) this.scrollToEnd();
  }

  /** Call after the reader has scrolled. True when older messages have to be loaded. */
  scrolled(): boolean {
    this.following = this.isAtEnd();
    const { scrollHeight, scrollTop, clientHeight } = this.frame;
    if (this.following || scrollHeight <= clientHeight) return false;
    if (scrollTop < NEAR_TOP) return !this.goUp();
    if (this.end !== undefined && scrollHeight - scrollTop - clientHeight < NEAR_TOP) this.goDown();
    return false;
  }

  /** Shows older messages; false when all that are loaded are shown. */
  goUp(): boolean {
    if (this.room === undefined || this.hiddenAbove === 0) return false;
    this.end = Math.max(WINDOW, (this.end ?? this.room.messages.length) - STEP);
    this.following = false;
    this.draw(this.room);
    return true;
  }

  show(room: Room, user: string): void {
    if (room.name !== this.room?.name) {
      this.following = true;
      this.end = undefined;
    }
    // Counted from the newest message, older ones go in before: the window stays at its messages.
    const more = room.messages.length - (this.room?.messages.length ?? 0);
    const older = this.room?.messages[0] !== room.messages[0];
    if (this.end !== undefined && older && more > 0) this.end += more;
    this.room = room;
    this.user = user;
    this.draw(room);
    if (!this.following && this.frame.scrollTop < NEAR_TOP && older) this.goUp();
  }

  isAtEnd(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.frame;
    return this.end === undefined && scrollHeight - scrollTop - clientHeight < NEAR_END;
  }

  scrollToEnd(): void {
    this.following = true;
    if (this.end !== undefined && this.room !== undefined) {
      this.end = undefined;
      this.render(this.room, this.user);
    }
    this.frame.scrollTop = this.frame.scrollHeight;
  }

  private goDown(): void {
    if (this.room === undefined || this.end === undefined) return;
    const end = this.end + STEP;
    this.end = end >= this.room.messages.length ? undefined : end;
    this.draw(this.room);
  }

  /** Keeps what the reader looks at where it is, whatever goes in above or below. */
  private draw(room: Room): void {
    const top = this.frame.scrollTop;
    const held = this.following ? undefined : this.firstInSight(top);
    const from = held?.offsetTop ?? 0;
    this.render(room, this.user);
    if (this.following) this.scrollToEnd();
    else if (held?.isConnected) this.frame.scrollTop = top + held.offsetTop - from;
  }

  private firstInSight(top: number): HTMLElement | undefined {
    const items = Array.from(this.list.children) as HTMLElement[];
    return items.find((item) => item.offsetTop + item.offsetHeight > top);
  }

  private render(room: Room, user: string): void {
    const shown = this.viewsOf(room, user);
    for (const [key, view] of this.views) {
      if (shown.get(key) !== view) view.element.remove();
    }
    this.views = shown;
    let place = this.list.firstElementChild;
    for (const { element } of shown.values()) {
      if (element === place) place = place.nextElementSibling;
      else this.list.insertBefore(element, place);
    }
  }

  private viewsOf(room: Room, user: string): Map<string, MessageView> {
    const shown = new Map<string, MessageView>();
    let author = "";
    for (const message of room.messages.slice(this.hiddenAbove, this.end)) {
      const key = `${room.name} ${formatPosition(message.position)}`;
      const view = this.views.get(key) ?? this.takePost(room, message.cid);
      view.showMessage(message, user, this.actions);
      view.follow(message.user === author);
      author = message.user;
      shown.set(key, view);
    }
    for (const post of this.end === undefined ? room.posts : []) {
      const key = postKey(room, post.cid);
      const view = this.views.get(key) ?? new MessageView(post.cid);
      view.showPost(post, user, this.actions);
      view.follow(author === user);
      author = user;
      shown.set(key, view);
    }
    return shown;
  }

  /** The view of the post that this message was, so that it isn't read out a second time. */
  private takePost(room: Room, cid: string): MessageView {
    const key = postKey(room, cid);
    const view = this.views.get(key);
    this.views.delete(key);
    return view ?? new MessageView(cid);
  }
}

function postKey(room: Room, cid: string): string {
  return `${room.name} post ${cid}`;
}
