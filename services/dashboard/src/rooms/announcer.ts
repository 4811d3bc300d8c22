import { must, setText } from "../dom";
import type { Message } from "../storedMessage";

/** A reader of screens hears at most one sentence in so long, however busy the room is. */
const EVERY_MS = 4_000;

/** Tells of new messages by voice: the only one whole, several as a number. */
export class Announcer {
  private readonly spoken = must("chat-spoken", HTMLElement);
  private waiting: Message[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  hear(message: Message): void {
    this.waiting.push(message);
    if (this.timer === undefined) this.speak();
  }

  private speak(): void {
    setText(this.spoken, wordsOf(this.waiting));
    this.waiting = [];
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.waiting.length > 0) this.speak();
    }, EVERY_MS);
  }
}

export function wordsOf(messages: readonly Message[]): string {
  const [only] = messages;
  if (only === undefined) return "";
  return messages.length === 1 ? `${only.user}: ${only.text}` : `${messages.length} new messages`;
}
