import { parseObject, textOr } from "./json";
import { type Store, storageOf } from "./memory";

const TOKEN = "airwave.token";
export const TOKEN_MAX = 8192;

/** The token was refused (401, 403): another one is needed, not another attempt. */
export class TokenRefusedError extends Error {}

/** The token of this tab, where a person gave one; a page with a cookie or a guest has none. */
export class Credentials {
  constructor(
    private readonly tab: Store | undefined = storageOf(() => sessionStorage),
    private readonly ask: typeof fetch = (...given) => fetch(...given),
  ) {}

  get token(): string {
    try {
      return this.tab?.getItem(TOKEN) ?? "";
    } catch {
      return "";
    }
  }

  set token(token: string) {
    try {
      if (token === "") this.tab?.removeItem(TOKEN);
      else if (token.length <= TOKEN_MAX) this.tab?.setItem(TOKEN, token);
    } catch {
      // Refused by the browser: the token is then asked for again after a reload.
    }
  }

  /** Takes the token of `#token=…` over; whether there was one. */
  takeFrom(hash: string): boolean {
    const token = new URLSearchParams(hash.replace(/^#/, "")).get("token");
    if (token === null || token === "") return false;
    this.token = token;
    return true;
  }

  get headers(): Record<string, string> {
    return this.token === "" ? {} : { Authorization: `Bearer ${this.token}` };
  }

  /**
   * A ticket for one URL (`ticket=`), good for at most 30 s and once; undefined without a token,
   * where the cookie goes along by itself, and where everybody is a guest.
   *
   * Throws `TokenRefusedError`, or what fetch throws.
   */
  async ticket(service: "chat" | "feed"): Promise<string | undefined> {
    if (this.token === "") return undefined;
    const asked = { method: "POST", headers: this.headers, cache: "no-store" } as const;
    const response = await this.ask(`/${service}/tickets`, asked);
    if (response.status === 401 || response.status === 403) throw new TokenRefusedError();
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`tickets answered ${response.status}`);
    return textOr(parseObject(await response.text())?.["ticket"], "") || undefined;
  }
}

/** The credentials of this page, taken from its address first, where they must not stay. */
export function pageCredentials(): Credentials {
  const credentials = new Credentials();
  if (credentials.takeFrom(location.hash)) {
    history.replaceState(history.state, "", location.pathname + location.search);
  }
  return credentials;
}
