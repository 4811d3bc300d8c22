import type { ChatFacts } from "./chatSocket";
import { chatStateOf, describeChat } from "./chatState";
import type { Conversation } from "./conversation";
import { make, must, setText } from "./dom";
import type { Memory } from "./memory";
import { MessageList } from "./messageList";
import { formatPosition, parsePosition } from "./position";
import type { Room } from "./room";
import { Composer } from "./rooms/composer";
import { MessageTools } from "./rooms/messageTools";
import { typingWords } from "./rooms/typing";
import type { Message } from "./storedMessage";
import { plural } from "./wording";

/** Members named; the count is always the whole number. */
const NAMES_SHOWN = 200;

/** What a reader may do in the room's pane. */
export interface RoomActions {
  readonly enter: (name: string, room: string) => void;
  /** Whether the reader may change what others wrote in that room. */
  readonly moderates: (room: string) => boolean;
}

/** The pane of one room: who and where, the messages, and the field to write in. */
export class RoomView {
  private readonly state = must("chat-state", HTMLElement);
  private readonly words = must("chat-words", HTMLElement);
  private readonly notice = must("chat-notice", HTMLElement);
  private readonly name = must("chat-name", HTMLInputElement);
  private readonly room = must("chat-room", HTMLInputElement);
  private readonly members = must("chat-members", HTMLDetailsElement);
  private readonly memberCount = must("chat-member-count", HTMLElement);
  private readonly memberList = must("chat-member-list", HTMLElement);
  private readonly earlier = must("chat-earlier", HTMLButtonElement);
  private readonly log = must("chat-messages", HTMLElement);
  private readonly empty = must("chat-empty", HTMLElement);
  private readonly toEnd = must("chat-to-end", HTMLButtonElement);
  private readonly typing = must("chat-typing", HTMLElement);
  private readonly list: MessageList;
  private readonly composer: Composer;
  private filled = { name: "", room: "" };
  private shown: { readonly room: Room; readonly user: string } | undefined;
  private shownMembers: readonly string[] | undefined;

  constructor(
    private readonly talk: Conversation,
    private readonly actions: RoomActions,
    memory: Memory,
  ) {
    const frame = must("chat-scroll", HTMLElement);
    this.list = new MessageList(this.log, frame, {
      retry: (cid) => talk.retry(cid),
      discard: (cid) => talk.discard(cid),
      react: (message, emoji) => this.react(message, emoji),
    });
    this.composer = new Composer(memory, {
      post: (text) => {
        talk.post(text);
        this.list.scrollToEnd();
      },
      edit: (message, text) =>
        talk.alter({ type: "edit", position: formatPosition(message.position), text }),
      typing: () => talk.write(),
      lastOwn: () => talk.room.messages.findLast((one) => one.user === talk.user && !one.deleted),
    });
    new MessageTools(this.log, {
      find: (position) => this.find(position),
      react: (message, emoji) => this.react(message, emoji),
      edit: (message) => this.composer.edit(message),
      remove: ({ position }) => talk.alter({ type: "delete", position: formatPosition(position) }),
    });
    frame.addEventListener("scroll", () => this.scrolled(), { passive: true });
    new ResizeObserver(() => this.list.resize()).observe(frame);
    this.toEnd.addEventListener("click", () => this.list.scrollToEnd());
    this.earlier.addEventListener("click", () => {
      if (!this.list.goUp()) talk.loadEarlier();
    });
    frame.addEventListener("keydown", (event) => {
      // Into the messages, from where the arrows go on.
      if (event.target !== frame || event.key !== "Enter") return;
      (this.log.lastElementChild as HTMLElement | null)?.focus();
    });
    this.listenToForms();
  }

  show(facts: ChatFacts): void {
    const { room, user, notice } = this.talk;
    const state = chatStateOf(facts, room);
    this.state.dataset["state"] = state;
    setText(this.words, describeChat(facts, room, user, Date.now()));
    setText(this.notice, notice);
    // What a join or a page of history brings is not news, and isn't to be read out as such.
    this.log.setAttribute("aria-busy", String(state !== "joined"));
    setText(this.typing, typingWords(this.talk.typing.in(room.name, user, Date.now())));
    this.showMessages(room, user);
    this.earlier.hidden = state !== "joined" || !(room.more || this.list.hiddenAbove > 0);
    this.empty.hidden = state !== "joined" || room.messages.length + room.posts.length > 0;
    this.showMembers(room);
    this.offerEnd();
  }

  /** At once and not with the next frame: what is written from now on is of this room. */
  enter(room: string): void {
    this.composer.enter(room);
  }

  /** Fills the fields with what has changed, and leaves alone what the reader is writing. */
  fill(name: string, room: string): void {
    if (name !== this.filled.name) this.name.value = name;
    if (room !== this.filled.room) this.room.value = room;
    this.filled = { name, room };
  }

  /** A room never changes, it is replaced: the same one needs no look at its messages. */
  private showMessages(room: Room, user: string): void {
    if (this.shown?.room === room && this.shown.user === user) return;
    this.shown = { room, user };
    this.list.show(room, user);
  }

  private listenToForms(): void {
    must("chat-who", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.actions.enter(this.name.value.trim(), this.room.value.trim());
    });
  }

  private react({ position, reactions }: Message, emoji: string): void {
    const on = !reactions?.get(emoji)?.users.includes(this.talk.user);
    this.talk.alter({ type: "react", position: formatPosition(position), emoji, on });
  }

  private find(position: string): { message: Message; mayChange: boolean } | undefined {
    const { room, user } = this.talk;
    const at = parsePosition(position);
    const message = room.messages.find(
      (one) => one.position.offset === at?.offset && one.position.epoch === at?.epoch,
    );
    if (message === undefined) return undefined;
    return { message, mayChange: message.user === user || this.actions.moderates(room.name) };
  }

  private scrolled(): void {
    if (this.list.scrolled() && this.talk.room.more) this.talk.loadEarlier();
    this.offerEnd();
  }

  private offerEnd(): void {
    this.toEnd.hidden = this.list.isAtEnd();
    // Seen is what stands in front of somebody: on this view, in a tab that shows.
    const looks = !document.hidden && this.log.offsetParent !== null;
    if (looks && this.list.isAtEnd()) this.talk.look();
  }

  private showMembers(room: Room): void {
    this.members.hidden = room.members.length === 0;
    if (this.shownMembers === room.members) return;
    this.shownMembers = room.members;
    const beyond = (room.count ?? 0) - Math.min(room.members.length, NAMES_SHOWN);
    const more = beyond > 0 ? `, ${plural(beyond, "other")} not named` : "";
    setText(this.memberCount, `Who is here${more}`);
    const names = room.members.slice(0, NAMES_SHOWN);
    this.memberList.replaceChildren(
      ...names.map((name) => make("li", { testId: "member" }, make("bdi", { text: name }))),
    );
  }
}
