import { must, setText } from "../dom";
import type { Memory } from "../memory";
import { formatPosition } from "../position";
import { TEXT_MAX_BYTES, textBytes } from "../post";
import type { Message } from "../storedMessage";

export interface ComposerActions {
  readonly post: (text: string) => void;
  readonly edit: (message: Message, text: string) => void;
  readonly typing: () => void;
  readonly lastOwn: () => Message | undefined;
}

/** The field to write in: a draft per room, and the message that is being edited. */
export class Composer {
  private readonly input = must("chat-input", HTMLTextAreaElement);
  private readonly mode = must("chat-mode", HTMLElement);
  private room = "";
  private editing: Message | undefined;

  constructor(
    private readonly memory: Memory,
    private readonly actions: ComposerActions,
  ) {
    must("chat-write", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.input.addEventListener("input", () => this.changed());
    this.input.addEventListener("keydown", (event) => this.keyed(event));
  }

  /** Takes the room's draft up, in place of the one of the room before. */
  enter(room: string): void {
    if (room === this.room) return;
    this.room = room;
    this.editing = undefined;
    this.input.value = this.memory.draft(room);
    this.input.placeholder = `Write to ${room}`;
    this.say();
  }

  edit(message: Message): void {
    this.editing = message;
    this.input.value = message.text;
    this.input.focus();
    this.say();
  }

  private changed(): void {
    this.input.setCustomValidity("");
    if (this.editing === undefined) this.memory.keepDraft(this.room, this.input.value);
    if (this.input.value !== "") this.actions.typing();
  }

  private keyed(event: KeyboardEvent): void {
    // Not while an input method is composing: there, Enter chooses a word.
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.input.form?.requestSubmit();
    } else if (event.key === "Escape" && this.editing !== undefined) {
      this.cancel();
    } else if (event.key === "ArrowUp" && this.input.value === "") {
      const last = this.actions.lastOwn();
      if (last === undefined) return;
      event.preventDefault();
      this.edit(last);
    }
  }

  private cancel(): void {
    this.editing = undefined;
    this.input.value = this.memory.draft(this.room);
    this.say();
  }

  private submit(): void {
    const text = this.input.value.trim();
    if (text === "") return;
    if (textBytes(text) > TEXT_MAX_BYTES) {
      this.input.setCustomValidity(`At most ${TEXT_MAX_BYTES} bytes; this has ${textBytes(text)}`);
      this.input.reportValidity();
      return;
    }
    const { editing } = this;
    if (editing !== undefined) {
      this.cancel();
      if (text !== editing.text) this.actions.edit(editing, text);
      return;
    }
    this.input.value = "";
    this.memory.keepDraft(this.room, "");
    this.actions.post(text);
  }

  private say(): void {
    const { editing } = this;
    setText(
      this.mode,
      editing === undefined ? "" : "Editing your message. Escape leaves it as it was",
    );
    this.mode.dataset["position"] = editing === undefined ? "" : formatPosition(editing.position);
  }
}
