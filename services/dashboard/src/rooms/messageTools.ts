import { make } from "../dom";
import type { Message } from "../storedMessage";

export interface ToolActions {
  /** The message of that position in the room shown, and whether the reader may change it. */
  readonly find: (position: string) => { message: Message; mayChange: boolean } | undefined;
  readonly react: (message: Message, emoji: string) => void;
  readonly edit: (message: Message) => void;
  readonly remove: (message: Message) => void;
}

const EMOJIS = ["👍", "❤️", "😂", "🎉", "👀", "✅", "🤔", "😢"];

/** One row of tools, put to the message under the pointer or in focus: not hundreds of buttons. */
export class MessageTools {
  private readonly picker = make("div", { class: "picker", testId: "emoji-picker" });
  private readonly other = make("input", {
    testId: "emoji-other",
    attributes: { "aria-label": "Another emoji", placeholder: "🙂", maxlength: "16" },
  });
  private readonly open = button("React", "message-react", () => this.toggle());
  private readonly edit = button("Edit", "message-edit", () => this.act(this.actions.edit));
  private readonly remove = button("Delete", "message-delete", () => this.act(this.actions.remove));
  private readonly row = make("div", { class: "tools", testId: "message-tools" });

  constructor(
    list: HTMLElement,
    private readonly actions: ToolActions,
  ) {
    this.picker.append(...EMOJIS.map((emoji) => this.emojiButton(emoji)), this.other);
    this.picker.hidden = true;
    this.row.append(this.open, this.edit, this.remove, this.picker);
    this.other.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && this.other.value.trim() !== "")
        this.put(this.other.value.trim());
    });
    for (const type of ["pointerover", "focusin"]) {
      list.addEventListener(type, (event) => this.goTo(event.target));
    }
    list.addEventListener("keydown", (event) => this.keyed(event));
  }

  private goTo(target: EventTarget | null): void {
    const item = target instanceof Element ? target.closest<HTMLElement>(".message") : null;
    if (item === null || item === this.row.parentElement) return;
    // Whoever is choosing keeps the tools until they are done.
    if (!this.picker.hidden && this.row.contains(document.activeElement)) return;
    const found = this.actions.find(item.dataset["position"] ?? "");
    if (found === undefined || found.message.deleted) return;
    this.edit.hidden = !found.mayChange;
    this.remove.hidden = !found.mayChange;
    this.close();
    item.append(this.row);
  }

  private keyed(event: KeyboardEvent): void {
    const item = event.target instanceof HTMLElement ? event.target.closest(".message") : null;
    if (event.key === "Escape" && !this.picker.hidden) {
      this.close();
      this.open.focus();
      event.stopPropagation();
    }
    if (event.target !== item || item === null) return;
    const next = { ArrowUp: item.previousElementSibling, ArrowDown: item.nextElementSibling };
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    event.preventDefault();
    const to = next[event.key];
    if (to instanceof HTMLElement) to.focus();
  }

  private toggle(): void {
    this.picker.hidden = !this.picker.hidden;
    this.open.setAttribute("aria-expanded", String(!this.picker.hidden));
    if (!this.picker.hidden) this.picker.querySelector("button")?.focus();
  }

  private close(): void {
    this.picker.hidden = true;
    this.other.value = "";
    this.open.setAttribute("aria-expanded", "false");
  }

  private put(emoji: string): void {
    this.act((message) => this.actions.react(message, emoji));
  }

  private act(action: (message: Message) => void): void {
    const item = this.row.parentElement;
    const found = this.actions.find(item?.dataset["position"] ?? "");
    if (found !== undefined) action(found.message);
    this.close();
    // Focus inside goes to the message; where the action moved it (to edit), it stays there.
    if (this.row.contains(document.activeElement)) item?.focus();
  }

  private emojiButton(emoji: string): HTMLElement {
    const made = button(emoji, "emoji", () => this.put(emoji));
    made.dataset["emoji"] = emoji;
    return made;
  }
}

function button(text: string, testId: string, press: () => void): HTMLButtonElement {
  const made = make("button", { class: "plain", testId, text, attributes: { type: "button" } });
  made.addEventListener("click", press);
  return made;
}
