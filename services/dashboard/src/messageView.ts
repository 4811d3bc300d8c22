import type { Message } from "./chatFrame";
import { make, setText } from "./dom";
import { formatPosition } from "./position";
import type { Post } from "./room";
import type { Reaction } from "./rooms/reactions";
import { type Piece, piecesOf } from "./rooms/richText";
import { clockTime, minuteTime } from "./wording";

export interface PostActions {
  readonly retry: (cid: string) => void;
  readonly discard: (cid: string) => void;
  readonly react: (message: Message, emoji: string) => void;
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
  private readonly reactions = make("ul", {
    class: "reactions",
    attributes: { "aria-label": "Reactions" },
  });
  private footSays = "";
  private shown: Message | undefined;
  private shownTo = "";

  constructor(cid: string) {
    const head = make("div", { class: "head" }, this.author, this.time);
    const data = { cid };
    this.element = make("li", { class: "message", testId: "message", data }, head, this.text);
    // Reached by the arrow keys, not by Tab: a room has hundreds.
    this.element.tabIndex = -1;
    this.reactions.hidden = true;
    this.element.append(this.reactions, this.foot);
  }

  /** A message never changes, it is replaced: the same one needs no second look. */
  showMessage(message: Message, user: string, actions: PostActions): void {
    if (this.shown === message && this.shownTo === user) return;
    this.shown = message;
    this.shownTo = user;
    this.mark("stored", message.user === user);
    this.element.dataset["position"] = formatPosition(message.position);
    this.element.dataset["deleted"] = String(message.deleted);
    setText(this.author, message.user);
    showText(this.text, message, user);
    this.showTime(message);
    this.setFoot("", () => []);
    const chips = [...(message.reactions ?? [])].map(([emoji, reaction]) =>
      make(
        "li",
        {},
        chip(emoji, reaction, user, () => actions.react(message, emoji)),
      ),
    );
    this.reactions.hidden = chips.length === 0;
    this.reactions.replaceChildren(...chips);
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

function showText(element: HTMLElement, message: Message, user: string): void {
  const text = message.deleted ? "Message deleted" : message.text;
  const pieces = message.deleted ? [] : piecesOf(text, user);
  const plain = pieces.every((piece) => piece.kind === "text");
  if (plain) setText(element, text);
  else element.replaceChildren(...pieces.map(pieceNode));
  const mentioned = message.user !== user && pieces.some((piece) => piece.kind === "mention");
  if (element.parentElement !== null) {
    element.parentElement.dataset["mention"] = String(mentioned);
  }
}

function pieceNode({ kind, text }: Piece): Node {
  if (kind === "text") return document.createTextNode(text);
  if (kind === "mention") return make("mark", { testId: "mention", text });
  const attributes = { href: text, target: "_blank", rel: "noopener noreferrer" };
  return make("a", { testId: "message-link", text, attributes });
}

function chip(
  emoji: string,
  { users, count }: Reaction,
  user: string,
  press: () => void,
): HTMLElement {
  const own = users.includes(user);
  const names = users.slice(0, 20).join(", ") + (count > 20 ? ", …" : "");
  const made = make("button", {
    class: "plain chip",
    testId: "reaction",
    text: `${emoji} ${count}`,
    data: { emoji, own: String(own) },
    attributes: { type: "button", title: names, "aria-pressed": String(own) },
  });
  made.addEventListener("click", press);
  return made;
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
