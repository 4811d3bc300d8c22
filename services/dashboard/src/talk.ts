import { Backoff } from "./backoff";
import type { ServerFrame } from "./chatFrame";
import { type ChatFacts, ChatSocket, SUBPROTOCOL } from "./chatSocket";
import { type ChatState, chatStateOf } from "./chatState";
import { newCid } from "./cid";
import { Conversation } from "./conversation";
import { Memory, storageOf } from "./memory";
import { Paint } from "./paint";
import { formatPosition } from "./position";
import { Announcer } from "./rooms/announcer";
import { encodePosts } from "./rooms/keptPosts";
import { RoomList } from "./rooms/roomList";
import { RoomListView } from "./rooms/roomListView";
import { listenForShortcuts } from "./rooms/shortcuts";
import { SignIn } from "./rooms/signIn";
import { unreadOf } from "./rooms/unread";
import { RoomView } from "./roomView";
import { currentRoute, go, onRoute } from "./route";
import type { Credentials } from "./ticket";

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
  /** The rooms one is in: what is unread in them, and how much of that names the reader. */
  rooms: Record<string, { unread: number; mentions: number }>;
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
    rooms: {},
  };
  private readonly memory = new Memory(
    storageOf(() => localStorage),
    storageOf(() => sessionStorage),
  );
  private facts: ChatFacts = { phase: "connecting", words: "", retryAt: undefined };
  private readonly socket: ChatSocket;
  private readonly conversation: Conversation;
  private readonly view: RoomView;
  private readonly announcer = new Announcer();
  private readonly signIn: SignIn;
  private readonly listed = new RoomList(
    () => fetch("/chat/rooms", { headers: this.credentials.headers, cache: "no-store" }),
    (status) => {
      if (status === 401) this.signIn.ask("This chat asks who you are");
      this.paint.request();
    },
  );
  private readonly listView = new RoomListView({
    enter: (room) => this.enter("", room),
    leave: (room) => this.leave(room),
  });
  private readonly paint = new Paint(() => this.show());

  constructor(
    private readonly credentials: Credentials,
    /** `onToken`: somebody has signed in, which concerns more than the chat. */
    told: { readonly onToken: () => void },
  ) {
    this.signIn = new SignIn(credentials, {
      connect: () => this.socket.connect(),
      refresh: (token) => this.socket.send({ type: "refresh", token }),
      onToken: told.onToken,
    });
    this.socket = new ChatSocket({
      address: () => this.address(),
      open: (url) => new WebSocket(url, SUBPROTOCOL),
      backoff: new Backoff(),
      onFrame: (frame) => this.hear(frame),
      onFacts: (facts) => this.setFacts(facts),
      onLost: (code) => this.conversation.lost(code),
      onQuiet: () => this.conversation.probe(),
    });
    this.conversation = new Conversation(this.socket, this.firstRoom(), {
      memory: this.memory,
      newCid,
      onChange: () => this.change(),
    });
    const actions = {
      enter: (name: string, room: string) => this.enter(name, room),
      moderates: (room: string) => this.signIn.moderates(room),
    };
    this.view = new RoomView(this.conversation, actions, this.memory);
    listenForShortcuts({ rooms: () => this.listView.focus() });
  }

  start(): void {
    this.view.fill(this.memory.session?.user ?? this.memory.name, this.conversation.room.name);
    this.socket.connect();
    onRoute((route) => {
      if (route.room !== undefined) this.conversation.enter(route.room);
      this.keepAddress();
      this.paint.request();
    });
    this.keepAddress();
  }

  wake(): void {
    this.socket.wake();
  }

  /** The page goes, perhaps to come back: a reload, or the browser's cache of pages. */
  depart(): void {
    this.memory.posts = encodePosts(this.conversation.rooms);
    this.memory.depart();
  }

  /** The page is back from the browser's cache. */
  arrive(): void {
    this.memory.arrive();
    this.wake();
  }

  /** Countdowns move on without any frame. */
  tick(): void {
    if (!document.hidden) this.listed.refresh();
    this.paint.request();
  }

  /** The name granted before, where there is one: so that a repeated post has the same author. */
  private address(): string | Promise<string> {
    if (this.credentials.token === "") return this.plainAddress();
    return this.credentials.ticket("chat").then((ticket) => this.plainAddress(ticket));
  }

  private plainAddress(ticket?: string): string {
    const { session } = this.memory;
    const query = new URLSearchParams();
    const name = session?.user ?? this.memory.name;
    if (name !== "") query.set("name", name);
    if (session !== undefined) query.set("session", session.id);
    if (ticket !== undefined) query.set("ticket", ticket);
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    return `${scheme}://${location.host}/chat/ws?${query}`;
  }

  private enter(name: string, room: string): void {
    this.conversation.enter(room || this.conversation.room.name);
    this.keepAddress();
    const renamed = name !== "" && name !== this.conversation.user;
    if (renamed) {
      this.memory.name = name;
      this.memory.session = undefined;
    }
    // A name belongs to a connection; and one that was ended is only opened again by its reader.
    if (renamed || this.facts.phase === "ended") this.socket.connect();
  }

  private leave(room: string): void {
    this.conversation.leave(room);
    this.keepAddress();
  }

  private firstRoom(): string {
    return currentRoute().room ?? (this.memory.room || DEFAULT_ROOM);
  }

  /** The address names the room while the rooms are looked at. */
  private keepAddress(): void {
    const { view, room, query } = currentRoute();
    const { name } = this.conversation.room;
    if (view === "rooms" && room !== name) go({ view, room: name, query }, { replace: !room });
  }

  private hear(frame: ServerFrame): void {
    if (frame.type === "expiring") this.signIn.warn(frame.inMs);
    if (frame.type === "welcome") this.signIn.accepted();
    this.conversation.hear(frame);
    const { room, user } = this.conversation;
    if (frame.type !== "message" || frame.room !== room.name) return;
    if (frame.message.user !== user && !frame.message.deleted) this.announcer.hear(frame.message);
  }

  private show(): void {
    this.view.show(this.facts);
    const { rooms, room, user } = this.conversation;
    this.listView.show(rooms, this.listed.rooms, { present: room.name, user });
  }

  private setFacts(facts: ChatFacts): void {
    this.facts = facts;
    if (facts.phase === "ended" && facts.words.includes("token")) this.signIn.ask(facts.words);
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
      rooms: Object.fromEntries(
        this.conversation.rooms.map((each) => {
          const { messages, mentions } = unreadOf(each, user);
          return [each.name, { unread: messages, mentions }];
        }),
      ),
    } satisfies TalkPage);
    this.view.enter(room.name);
    if (user !== "") this.view.fill(user, room.name);
    this.paint.request();
  }
}
