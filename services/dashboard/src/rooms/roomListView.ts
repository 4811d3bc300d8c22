import { make, must, setText } from "../dom";
import type { Room } from "../room";
import { ageText, plural } from "../wording";
import type { Listed } from "./roomList";
import { unreadOf } from "./unread";

interface RoomListActions {
  readonly enter: (room: string) => void;
  readonly leave: (room: string) => void;
}

interface Entry {
  readonly item: HTMLLIElement;
  readonly go: HTMLButtonElement;
  readonly about: HTMLElement;
  readonly unread: HTMLElement;
  readonly leave: HTMLButtonElement;
}

/** The rooms one is in, then the others, the last written to first. */
export class RoomListView {
  private readonly list = must("room-list", HTMLElement);
  private entries = new Map<string, Entry>();

  constructor(private readonly actions: RoomListActions) {
    this.list.addEventListener("keydown", (event) => this.keyed(event));
  }

  show(
    joined: readonly Room[],
    listed: readonly Listed[],
    { present, user }: { readonly present: string; readonly user: string },
  ): void {
    const known = new Map(listed.map((one) => [one.room, one]));
    const mine = [...joined].sort((a, b) => a.name.localeCompare(b.name));
    const names = [...mine.map((room) => room.name), ...known.keys()];
    const shown = new Map<string, Entry>();
    for (const name of new Set(names)) shown.set(name, this.entries.get(name) ?? this.make(name));
    for (const [name, entry] of this.entries) if (!shown.has(name)) entry.item.remove();
    this.entries = shown;
    for (const [name, entry] of shown) {
      const room = mine.find((one) => one.name === name);
      this.fill(entry, room, known.get(name), user);
      if (name === present) entry.go.setAttribute("aria-current", "true");
      else entry.go.removeAttribute("aria-current");
      entry.leave.hidden = room === undefined || mine.length < 2;
    }
    this.place([...shown.values()].map(({ item }) => item));
  }

  focus(): void {
    const current = this.list.querySelector<HTMLElement>("[aria-current]");
    (current ?? this.list.querySelector("button"))?.focus();
  }

  private place(items: readonly HTMLElement[]): void {
    let at = this.list.firstElementChild;
    for (const item of items) {
      if (item === at) at = at.nextElementSibling;
      else this.list.insertBefore(item, at);
    }
  }

  private fill(
    entry: Entry,
    room: Room | undefined,
    listed: Listed | undefined,
    user: string,
  ): void {
    const { messages, mentions } = room === undefined ? NOTHING : unreadOf(room, user);
    const last = room?.messages.at(-1)?.time ?? listed?.time;
    const age = last === undefined ? "" : ageText(Math.max(0, Date.now() / 1000 - last));
    const count = room?.count ?? listed?.count ?? 0;
    setText(entry.about, [age, count > 0 ? `${count} here` : ""].filter(Boolean).join(" · "));
    entry.item.dataset["joined"] = String(room !== undefined);
    entry.item.dataset["unread"] = String(messages);
    entry.item.dataset["mentions"] = String(mentions);
    entry.unread.hidden = messages === 0;
    setText(entry.unread, mentions > 0 ? `@${mentions} · ${messages}` : String(messages));
    const named = mentions > 0 ? `, ${plural(mentions, "mention")}` : "";
    entry.unread.title = `${messages} unread${named}`;
  }

  private make(room: string): Entry {
    const about = make("span", { class: "about" });
    const unread = make("span", { class: "unread", testId: "room-unread" });
    const name = make("bdi", { class: "name", text: room });
    const go = make("button", { class: "go", attributes: { type: "button" } }, name, unread, about);
    const leave = make("button", {
      class: "plain leave",
      testId: "room-leave",
      text: "×",
      attributes: { type: "button", "aria-label": `Leave ${room}`, title: `Leave ${room}` },
    });
    go.addEventListener("click", () => this.actions.enter(room));
    leave.addEventListener("click", () => this.actions.leave(room));
    const item = make("li", { testId: "room", data: { room } }, go, leave);
    return { item, go, about, unread, leave };
  }

  private keyed(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const goes = Array.from(this.list.querySelectorAll<HTMLElement>(".go"));
    const at = goes.indexOf(document.activeElement as HTMLElement);
    if (step === undefined || at < 0) return;
    event.preventDefault();
    goes[(at + step + goes.length) % goes.length]?.focus();
  }
}

const NOTHING = { messages: 0, mentions: 0 };
