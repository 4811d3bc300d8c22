import { Backoff } from "./backoff";
import { type ChatFacts, ChatSocket, SUBPROTOCOL } from "./chatSocket";
import { type ChatState, chatStateOf } from "./chatState";
import { newCid } from "./cid";
import { Conversation } from "./conversation";
import { Memory, storageOf } from "./memory";
import { Paint } from "./paint";
import { formatPosition } from "./position";
import { RoomView } from "./roomView";

const DEFAULT_ROOM = "lobby";

/** What a browser test reads at `window.airwave.chat`. */
export interface TalkPage {
  state: ChatState;
  user: string;
  room: string;
  /** Where a new connection would resume. */
  resumeFrom: string | null;
  messages: number;
  pending: number;
  failed: number;
}

/** The chat's half of the page: connection, room and the words about them. */
export class Talk {
  readonly page: TalkPage = {
    state: "connecting",
    user: "",
    room: "",
    resumeFrom: null,
    messages: 0,
    pending: 0,
    failed: 0,
  };
  private readonly memory = new Memory(
    storageOf(() => localStorage),
    storageOf(() => sessionStorage),
  );
  private facts: ChatFacts = { phase: "connecting", words: "", retryAt: undefined };
  private readonly socket: ChatSocket;
  private readonly conversation: Conversation;
  private readonly view: RoomView;
  private readonly paint = new Paint(() => this.view.show(this.facts));

  constructor() {
    this.socket = new ChatSocket({
      address: () => this.address(),
      open: (url) => new WebSocket(url, SUBPROTOCOL),
      backoff: new Backoff(),
      onFrame: (frame) => this.conversation.hear(frame),
      onFacts: (facts) => this.setFacts(facts),
      onLost: (code) => this.conversation.lost(code),
      onQuiet: () => this.conversation.probe(),
    });
    this.conversation = new Conversation(this.socket, this.memory.room || DEFAULT_ROOM, {
      memory: this.memory,
      newCid,
      onChange: () => this.change(),
    });
    this.view = new RoomView(this.conversation, { enter: (name, room) => this.enter(name, room) });
  }

  start(): void {
    this.view.fill(this.memory.session?.user ?? this.memory.name, this.conversation.room.name);
    this.socket.connect();
  }

  wake(): void {
    this.socket.wake();
  }

  /** The page goes, perhaps to come back: a reload, or the browser's cache of pages. */
  depart(): void {
    this.memory.depart();
  }

  /** The page is back from the browser's cache. */
  arrive(): void {
    this.memory.arrive();
    this.wake();
  }

  /** Countdowns move on without any frame. */
  tick(): void {
    this.paint.request();
  }

  /** The name granted before, where there is one: so that a repeated post has the same author. */
  private address(): string {
    const { session } = this.memory;
    const query = new URLSearchParams();
    const name = session?.user ?? this.memory.name;
    if (name !== "") query.set("name", name);
    if (session !== undefined) query.set("session", session.id);
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    return `${scheme}://${location.host}/chat/ws?${query}`;
  }

  private enter(name: string, room: string): void {
    this.conversation.enter(room || DEFAULT_ROOM);
    const renamed = name !== "" && name !== this.conversation.user;
    if (renamed) {
      this.memory.name = name;
      this.memory.session = undefined;
    }
    // A name belongs to a connection; and one that was ended is only opened again by its reader.
    if (renamed || this.facts.phase === "ended") this.socket.connect();
  }

  private setFacts(facts: ChatFacts): void {
    this.facts = facts;
    this.change();
  }

  private change(): void {
    const { room, user } = this.conversation;
    const { resumeFrom, posts } = room;
    Object.assign(this.page, {
      state: chatStateOf(this.facts, room),
      user,
      room: room.name,
      resumeFrom: resumeFrom === undefined ? null : formatPosition(resumeFrom),
      messages: room.messages.length,
      pending: posts.filter((post) => post.state === "pending").length,
      failed: posts.filter((post) => post.state === "failed").length,
    } satisfies TalkPage);
    if (user !== "") this.view.fill(user, room.name);
    this.paint.request();
  }
}
