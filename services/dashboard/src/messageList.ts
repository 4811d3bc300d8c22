import { MessageView, type PostActions } from "./messageView";
import { formatPosition } from "./position";
import type { Room } from "./room";

/** How near to the end counts as reading along, in pixels. */
const NEAR_END = 48;

/** A room's messages and posts as list items, changed only where the room has changed. */
export class MessageList {
  private views = new Map<string, MessageView>();
  private roomName = "";
  private following = true;

  constructor(
    private readonly list: HTMLElement,
    /** What scrolls. */
    private readonly frame: HTMLElement,
    private readonly actions: PostActions,
  ) {}

  /** Call after the frame has changed its size: who was reading along goes on doing so. */
  resize(): void {
    if (this.following) this.scrollToEnd();
  }

  /** Call after the reader has scrolled. */
  scrolled(): void {
    this.following = this.isAtEnd();
  }

  show(room: Room, user: string): void {
    const following = this.following || room.name !== this.roomName;
    this.roomName = room.name;
    // A page of older messages goes in above; the reader's place is kept from the end.
    const fromEnd = this.frame.scrollHeight - this.frame.scrollTop;
    const grewAbove = this.render(room, user);
    if (following) this.scrollToEnd();
    else if (grewAbove) this.frame.scrollTop = this.frame.scrollHeight - fromEnd;
  }

  isAtEnd(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.frame;
    return scrollHeight - scrollTop - clientHeight < NEAR_END;
  }

  scrollToEnd(): void {
    this.frame.scrollTop = this.frame.scrollHeight;
    this.following = true;
  }

  /** True when something was put in above what was there. */
  private render(room: Room, user: string): boolean {
    const first = this.list.firstElementChild;
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
    return first?.isConnected === true && first !== this.list.firstElementChild;
  }

  private viewsOf(room: Room, user: string): Map<string, MessageView> {
    const shown = new Map<string, MessageView>();
    let author = "";
    for (const message of room.messages) {
      const key = `${room.name} ${formatPosition(message.position)}`;
      const view = this.views.get(key) ?? this.takePost(room, message.cid);
      view.showMessage(message, message.user === user);
      view.follow(message.user === author);
      author = message.user;
      shown.set(key, view);
    }
    for (const post of room.posts) {
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
