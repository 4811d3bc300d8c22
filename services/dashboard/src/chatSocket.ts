import type { Backoff } from "./backoff";
import { type ClientFrame, parseServerFrame, type ServerFrame } from "./chatFrame";
import { verdictOf } from "./closeCode";
import { TokenRefusedError } from "./ticket";
import { Watchdog } from "./watchdog";

/** The part of a native WebSocket that the page uses; tests pass their own. */
export interface Line {
  readonly readyState: number;
  onmessage: ((event: MessageEvent) => unknown) | null;
  onclose: ((event: CloseEvent) => unknown) | null;
  send(text: string): void;
  close(code?: number): void;
}

export type ChatPhase = "connecting" | "open" | "draining" | "waiting" | "ended";

export interface ChatFacts {
  readonly phase: ChatPhase;
  /** Why the last connection ended, for the reader. */
  readonly words: string;
  /** Page time (ms) of the next attempt, while one is waited for. */
  readonly retryAt: number | undefined;
}

export interface ChatSocketOptions {
  /** Asked at every attempt, because the session to come back with changes. */
  readonly address: () => string | Promise<string>;
  readonly open: (url: string) => Line;
  readonly backoff: Backoff;
  readonly onFrame: (frame: ServerFrame) => void;
  readonly onFacts: (facts: ChatFacts) => void;
  /** The connection has ended, with its close code; unanswered posts may have been lost. */
  readonly onLost: (code: number) => void;
  /** Nothing was heard for long: say something that the chat must answer. */
  readonly onQuiet: () => void;
  readonly now?: () => number;
}

export const SUBPROTOCOL = "airwave.chat.v1";

const OPEN = 1;
const WELCOME_WITHIN_MS = 15_000;
const ANSWER_WITHIN_MS = 10_000;
/** Silence in heartbeats before the page asks: WebSocket pings can't be seen from a page. */
const PATIENCE = 2.5;
/** An abnormal closure (RFC 6455, section 7.4.1), which is what a page sees of a dead line. */
const ABNORMAL = 1006;
const TOKEN_REFUSED = 4500;

/** The chat's connection: opens it, notices its end, and comes back as its close code allows. */
export class ChatSocket {
  private line: Line | undefined;
  private facts: ChatFacts = { phase: "ended", words: "", retryAt: undefined };
  private heartbeatMs = 20_000;
  private welcomedAt: number | undefined;
  private heardAt = 0;
  private attempt = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private readonly silence = new Watchdog(() => this.ask());
  private readonly answer = new Watchdog(() => this.lose(ABNORMAL));
  private readonly now: () => number;

  constructor(private readonly options: ChatSocketOptions) {
    this.now = options.now ?? Date.now;
  }

  /** Opens a connection, in place of the present one if there is one. */
  connect(): void {
    this.drop();
    this.tell({ phase: "connecting", retryAt: undefined });
    const address = this.options.address();
    if (typeof address === "string") this.open(address);
    else void this.openWith(address);
  }

  /** A ticket is asked for first; what was begun in the meantime goes before. */
  private async openWith(asked: Promise<string>): Promise<void> {
    const attempt = ++this.attempt;
    const address = await asked.catch((error: unknown) =>
      error instanceof TokenRefusedError ? TOKEN_REFUSED : ABNORMAL,
    );
    if (attempt !== this.attempt) return;
    if (typeof address === "string") this.open(address);
    else this.lose(address);
  }

  private open(address: string): void {
    const line = this.options.open(address);
    this.line = line;
    line.onmessage = (event) => this.hear(line, event.data);
    line.onclose = (event) => {
      if (line === this.line) this.lose(event.code, event.reason);
    };
    this.answer.feed(WELCOME_WITHIN_MS);
  }

  close(): void {
    this.drop();
    this.tell({ phase: "ended", words: "", retryAt: undefined });
  }

  /** Sends a frame; false when there is no open connection to send it on. */
  send(frame: ClientFrame): boolean {
    if (this.line?.readyState !== OPEN || this.welcomedAt === undefined) return false;
    this.line.send(JSON.stringify(frame));
    return true;
  }

  /** Gives a connection up that doesn't answer, and comes back. */
  recycle(): void {
    if (this.line !== undefined) this.lose(ABNORMAL);
  }

  /** The page or the network woke up: try at once, or make sure that the line still lives. */
  wake(): void {
    if (this.facts.phase === "waiting") this.connect();
    else if (this.facts.phase === "open" && this.now() - this.heardAt > this.heartbeatMs)
      this.ask();
  }

  private hear(line: Line, data: unknown): void {
    if (line !== this.line) return;
    const frame = parseServerFrame(data);
    if (frame === undefined) return;
    this.heardAt = this.now();
    if (frame.type === "welcome") this.welcome(frame.heartbeatSeconds);
    if (this.welcomedAt !== undefined) this.answer.stop();
    this.silence.feed(this.heartbeatMs * PATIENCE);
    if (frame.type === "drain") this.leave(frame.waitMs);
    this.options.onFrame(frame);
  }

  private welcome(heartbeatSeconds: number): void {
    this.heartbeatMs = heartbeatSeconds * 1000;
    this.welcomedAt = this.now();
    this.tell({ phase: "open", words: "" });
  }

  /** Told to go: acks still on their way may arrive until the server closes or the time is up. */
  private leave(askedMs: number | undefined): void {
    const waitMs = askedMs ?? this.options.backoff.next(this.stoodMs());
    this.comeBack("draining", verdictOf(1012).words, waitMs);
  }

  private lose(code: number, reason = ""): void {
    const draining = this.facts.phase === "draining";
    const { comeBack, words } = verdictOf(code, reason);
    const stoodMs = this.stoodMs();
    this.hangUp();
    this.options.onLost(code);
    if (draining) return;
    if (comeBack) this.comeBack("waiting", words, this.options.backoff.next(stoodMs));
    else this.tell({ phase: "ended", words, retryAt: undefined });
  }

  private comeBack(phase: "draining" | "waiting", words: string, waitMs: number): void {
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.connect(), waitMs);
    this.tell({ phase, words, retryAt: this.now() + waitMs });
  }

  private ask(): void {
    this.answer.feed(ANSWER_WITHIN_MS);
    this.options.onQuiet();
  }

  private stoodMs(): number {
    return this.welcomedAt === undefined ? 0 : this.now() - this.welcomedAt;
  }

  private drop(): void {
    clearTimeout(this.retry);
    const had = this.line !== undefined;
    this.hangUp();
    if (had) this.options.onLost(ABNORMAL);
  }

  private hangUp(): void {
    this.attempt += 1;
    const line = this.line;
    this.line = undefined;
    this.welcomedAt = undefined;
    this.silence.stop();
    this.answer.stop();
    // 1000 is one of the two codes a page may give; 1001 is the browser's own.
    line?.close(1000);
  }

  private tell(change: Partial<ChatFacts>): void {
    this.facts = { ...this.facts, ...change };
    this.options.onFacts(this.facts);
  }
}
