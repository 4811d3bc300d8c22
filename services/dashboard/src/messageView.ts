import type { Message } from "./chatFrame";
import { make, setText } from "./dom";
import { formatPosition } from "./position";
import type { Post } from "./room";
import { clockTime, minuteTime } from "./wording";

export interface PostActions {
  readonly retry: (cid: string) => void;
  readonly discard: (cid: string) => void;
}

/** One message or post in the list; a post becomes its message without being replaced. */
export class MessageView {
  readonly element: HTMLLIElement;
  private readonly author = make("bdi", { class: "author", testId: "message-user" });
  private readonly time = make("time", { class: "time" });
  private readonly text = make("p", {
    class: "text",
    testId: "message-text",
    attributes: { dir: "auto" },
  });
  private readonly foot = make("div", { class: "foot" });
  private footSays = "";

  constructor(cid: string) {
    const head = make("div", { class: "head" }, this.author, this.time);
    const data = { cid };
    this.element = make("li", { class: "message", testId: "message", data }, head, this.text);
    this.element.append(this.foot);
  }

  showMessage(message: Message, own: boolean): void {
    this.mark("stored", own);
    this.element.dataset["position"] = formatPosition(message.position);
    this.element.dataset["deleted"] = String(message.deleted);
    setText(this.author, message.user);
    setText(this.text, message.deleted ? "Message deleted" : message.text);
    this.showTime(message);
    this.setFoot("", () => []);
  }

  showPost(post: Post, user: string, actions: PostActions): void {
    this.mark(post.state, true);
    setText(this.author, user);
    setText(this.text, post.text);
    setText(this.time, "");
    if (post.state === "failed") this.setFoot(post.reason, () => failure(post, actions));
    else this.setFoot("pending", () => [make("span", { text: "Sending…" })]);
  }

  /** Messages of one author in a row say the name once. */
  follow(sameAuthor: boolean): void {
    this.element.dataset["follows"] = String(sameAuthor);
  }

  private mark(state: "stored" | "pending" | "failed", own: boolean): void {
    this.element.dataset["state"] = state;
    this.element.dataset["own"] = String(own);
  }

  /** Only when it says something else: a button made anew would lose the reader's focus. */
  private setFoot(says: string, items: () => HTMLElement[]): void {
    if (this.footSays === says) return;
    this.footSays = says;
    this.foot.replaceChildren(...items());
  }

  private showTime(message: Message): void {
    if (message.time === undefined) return;
    const ms = message.time * 1000;
    setText(this.time, (message.edited ? "edited, " : "") + minuteTime(ms));
    this.time.title = clockTime(ms);
  }
}

function failure(post: Post, { retry, discard }: PostActions): HTMLElement[] {
  const items: HTMLElement[] = [
    make("span", { class: "failure", text: `Not sent: ${post.reason}` }),
  ];
  if (post.retryable) items.push(button("Retry", "message-retry", () => retry(post.cid)));
  items.push(button("Discard", "message-discard", () => discard(post.cid)));
  return items;
}

function button(text: string, testId: string, press: () => void): HTMLElement {
  const made = make("button", { class: "plain", testId, text, attributes: { type: "button" } });
  made.addEventListener("click", press);
  return made;
}
