import type { ChatFacts } from "./chatSocket";
import { chatStateOf, describeChat } from "./chatState";
import type { Conversation } from "./conversation";
import { make, must, setText } from "./dom";
import { MessageList } from "./messageList";
import { TEXT_MAX_BYTES, textBytes } from "./post";
import type { Room } from "./room";

/** Members named; the count is always the whole number. */
const NAMES_SHOWN = 100;

/** What a reader may do in the room's pane. */
export interface RoomActions {
  readonly enter: (name: string, room: string) => void;
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
  private readonly input = must("chat-input", HTMLTextAreaElement);
  private readonly list: MessageList;
  private filled = { name: "", room: "" };
  private shown: { readonly room: Room; readonly user: string } | undefined;
  private shownMembers: readonly string[] | undefined;

  constructor(
    private readonly talk: Conversation,
    private readonly actions: RoomActions,
  ) {
    const frame = must("chat-scroll", HTMLElement);
    this.list = new MessageList(this.log, frame, {
      retry: (cid) => talk.retry(cid),
      discard: (cid) => talk.discard(cid),
    });
    frame.addEventListener("scroll", () => this.scrolled(), { passive: true });
    new ResizeObserver(() => this.list.resize()).observe(frame);
    this.toEnd.addEventListener("click", () => this.list.scrollToEnd());
    this.earlier.addEventListener("click", () => talk.loadEarlier());
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
    this.showMessages(room, user);
    this.earlier.hidden = !room.more || state !== "joined";
    this.empty.hidden = state !== "joined" || room.messages.length + room.posts.length > 0;
    this.showMembers(room);
    this.offerEnd();
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
    must("chat-write", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.write();
    });
    this.input.addEventListener("input", () => this.input.setCustomValidity(""));
    this.input.addEventListener("keydown", (event) => {
      // Not while an input method is composing: there, Enter chooses a word.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.input.form?.requestSubmit();
    });
  }

  private write(): void {
    const text = this.input.value.trim();
    if (text === "") return;
    if (textBytes(text) > TEXT_MAX_BYTES) {
      this.input.setCustomValidity(`At most ${TEXT_MAX_BYTES} bytes`);
      this.input.reportValidity();
      return;
    }
    this.input.value = "";
    this.talk.post(text);
    this.list.scrollToEnd();
  }

  private scrolled(): void {
    this.list.scrolled();
    this.offerEnd();
  }

  private offerEnd(): void {
    this.toEnd.hidden = this.list.isAtEnd();
  }

  private showMembers(room: Room): void {
    this.members.hidden = room.members.length === 0;
    if (this.shownMembers === room.members) return;
    this.shownMembers = room.members;
    setText(this.memberCount, "Who is here");
    const names = room.members.slice(0, NAMES_SHOWN);
    this.memberList.replaceChildren(
      ...names.map((name) => make("li", { testId: "member" }, make("bdi", { text: name }))),
    );
  }
}
