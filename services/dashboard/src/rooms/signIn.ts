import { must, setText } from "../dom";
import { isObject, parseJson, textOr } from "../json";
import type { Credentials } from "../ticket";

interface SignInActions {
  readonly connect: () => void;
  /** Sends a new token over the present connection; false when there is none. */
  readonly refresh: (token: string) => boolean;
  readonly onToken: () => void;
}

/** Where a person gives a token: shown only where the chat asks for one. */
export class SignIn {
  private readonly form = must("chat-sign-in", HTMLFormElement);
  private readonly words = must("chat-sign-in-words", HTMLElement);
  private readonly input = must("chat-token", HTMLInputElement);

  constructor(
    private readonly credentials: Credentials,
    private readonly actions: SignInActions,
  ) {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.use(this.input.value.trim());
    });
  }

  ask(why: string): void {
    setText(this.words, why);
    this.form.hidden = false;
  }

  warn(inMs: number): void {
    this.ask(`The token ends in ${Math.round(inMs / 1000)} s; paste a new one to stay`);
  }

  accepted(): void {
    this.form.hidden = true;
  }

  /** By what the token says of itself; the chat decides all the same. */
  moderates(room: string): boolean {
    const words = scopeOf(this.credentials.token);
    return words.includes(`rooms:${room}:moderator`) || words.includes("rooms:*:moderator");
  }

  private use(token: string): void {
    if (token === "") return;
    this.credentials.token = token;
    this.input.value = "";
    if (!this.actions.refresh(token)) this.actions.connect();
    this.actions.onToken();
    this.form.hidden = true;
  }
}

/** The words of a JWT's scope; none where it can't be read (RFC 7519, section 3). */
export function scopeOf(token: string): readonly string[] {
  const payload = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
  try {
    const claims = parseJson(atob(payload));
    return isObject(claims) ? textOr(claims["scope"], "").split(" ") : [];
  } catch {
    return [];
  }
}
