/** The part of Storage the page uses. */
export type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** Who the chat said we are on this tab. */
export interface Session {
  readonly id: string;
  readonly user: string;
}

const NAME = "airwave.name";
const ROOM = "airwave.room";
const ROOMS = "airwave.rooms";
const DRAFT = "airwave.draft.";
const SEEN = "airwave.seen.";
const SESSION = "airwave.session";
const POSTS = "airwave.posts";

/**
 * What the page remembers: the name for this browser, room and session for this tab only, since
 * two tabs are two members. Storage may be refused by the browser; then the page just forgets.
 */
export class Memory {
  /** Who we are on this page; in the tab's storage only while no page is there to hold it. */
  session: Session | undefined;
  /** Posts that aren't confirmed (`rooms/keptPosts.ts`); they go from page to page as the session does. */
  posts = "";

  constructor(
    private readonly browser: Store | undefined,
    private readonly tab: Store | undefined,
  ) {
    this.arrive();
  }

  /**
   * Takes the session out of the tab's storage. A duplicated tab gets a copy of that storage, and
   * two pages with one session would end each other's connection; what isn't there isn't copied.
   */
  arrive(): void {
    const [id, user] = read(this.tab, SESSION).split(" ");
    if (id && user) this.session = { id, user };
    write(this.tab, SESSION, "");
    this.posts = read(this.tab, POSTS);
    write(this.tab, POSTS, "");
  }

  /** Leaves session and posts for the next page of this tab: call it when this one goes. */
  depart(): void {
    if (this.session !== undefined) {
      write(this.tab, SESSION, `${this.session.id} ${this.session.user}`);
    }
    write(this.tab, POSTS, this.posts);
  }

  get name(): string {
    return read(this.browser, NAME);
  }

  set name(name: string) {
    write(this.browser, NAME, name);
  }

  /** The rooms this tab is in, the least lately read first. */
  get rooms(): readonly string[] {
    const names = read(this.tab, ROOMS).split(" ");
    return names.filter((name) => /^[A-Za-z0-9_-]{1,64}$/.test(name)).slice(-20);
  }

  set rooms(names: readonly string[]) {
    write(this.tab, ROOMS, names.join(" "));
  }

  /** What was being written in a room when the page went; empty when nothing. */
  draft(room: string): string {
    return read(this.tab, DRAFT + room);
  }

  keepDraft(room: string, text: string): void {
    write(this.tab, DRAFT + room, text);
  }

  /** Up to which position a room was read on this tab. */
  seen(room: string): string {
    return read(this.tab, SEEN + room);
  }

  see(room: string, position: string): void {
    write(this.tab, SEEN + room, position);
  }

  get room(): string {
    return read(this.tab, ROOM);
  }

  set room(room: string) {
    write(this.tab, ROOM, room);
  }
}

/** A storage of the window, or undefined where reading the property alone throws. */
export function storageOf(pick: () => Storage): Store | undefined {
  try {
    return pick();
  } catch {
    return undefined;
  }
}

export function read(store: Store | undefined, key: string): string {
  try {
    return store?.getItem(key) ?? "";
  } catch {
    return "";
  }
}

export function write(store: Store | undefined, key: string, value: string): void {
  try {
    if (value === "") store?.removeItem(key);
    else store?.setItem(key, value);
  } catch {
    // Full or refused: what is remembered is a convenience.
  }
}
