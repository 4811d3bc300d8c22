import type { Backoff } from "./backoff";
import { pageTime } from "./clock";
import {
  DEFAULT_HEARTBEAT_SECONDS,
  FEED_EVENT_TYPES,
  type FeedEvent,
  type FeedEventType,
} from "./feedEvent";
import { AT_START, type FeedFacts } from "./feedState";
import { Watchdog } from "./watchdog";

/** The part of a native EventSource that the stream uses; tests pass their own. */
export interface Source {
  readonly readyState: number;
  /** It never came to a connection, because what should let us in was refused. */
  readonly refused?: boolean;
  onerror: ((event: Event) => unknown) | null;
  addEventListener(type: string, hear: (event: MessageEvent) => void): void;
  close(): void;
}

export interface FeedStreamOptions {
  /** Address of the stream without a position; asked at each connection. */
  readonly url: () => string;
  readonly open: (url: string) => Source;
  readonly backoff: Backoff;
  /** The position to resume from, or null. */
  readonly position: () => string | null;
  /** Takes what came; undefined when it is not what its name promises. */
  readonly take: (type: FeedEventType, data: unknown, id: string) => FeedEvent | undefined;
  readonly onFacts: (facts: FeedFacts) => void;
  /** Monotonic page time in milliseconds. */
  readonly now?: () => number;
}

const CLOSED = 2;

/** Silence allowed, in heartbeats: the promise of faults.md. */
const PATIENCE = 2.5;

/**
 * The readings' stream over native EventSource, which reconnects by itself after a clean or broken
 * end but is dead for good after any answer that is not 200, and can't see a half-open connection.
 * This class brings the position along where a new EventSource is needed.
 */
export class FeedStream {
  private source: Source | undefined;
  private facts: FeedFacts = AT_START;
  private heartbeatSeconds = DEFAULT_HEARTBEAT_SECONDS;
  /** Page time of the present connection's hello; undefined until it has said one. */
  private helloAt: number | undefined;
  /** How long the connection lost last had stood, until a backoff has used it. */
  private stoodMs = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  /** Watches what the page shows: fed by events only, whatever connections come and go meanwhile. */
  private readonly silence = new Watchdog(() => this.growStale());
  /** Watches an attempt that is neither refused nor answered. */
  private readonly attempt = new Watchdog(() => this.comeBack("offline"));
  private attempting = false;
  private readonly now: () => number;

  constructor(private readonly options: FeedStreamOptions) {
    this.now = options.now ?? pageTime;
  }

  start(): void {
    this.connect();
  }

  stop(): void {
    this.drop();
    this.silence.stop();
    clearTimeout(this.retry);
  }

  /** The network is said to be back: no sense in waiting for the rest of a backoff. */
  wake(): void {
    if (this.facts.phase === "offline" && this.source === undefined) this.connect();
  }

  /** Time may have passed unseen: what the watchdogs' timers were too late for is done now. */
  check(): void {
    this.silence.check();
    this.attempt.check();
  }

  /**
   * The address says something else now: a new connection from the position held. One that waits
   * for its time or that a server told to wait is left alone, as it will ask for the address then.
   */
  reopen(): void {
    if (this.source !== undefined) this.connect();
  }

  private connect(): void {
    clearTimeout(this.retry);
    this.drop();
    const source = this.options.open(this.address());
    this.source = source;
    for (const type of FEED_EVENT_TYPES) {
      source.addEventListener(type, (event) => this.hear(source, type, event));
    }
    source.onerror = () => this.lose(source);
    this.attempting = true;
    this.attempt.feed(this.patienceMs());
    const phase = this.options.position() === null ? "connecting" : "resuming";
    this.tell({ phase, retryAt: undefined });
  }

  private address(): string {
    const url = this.options.url();
    const position = this.options.position();
    if (position === null) return url;
    const query = new URLSearchParams({ last_event_id: position });
    return `${url}${url.includes("?") ? "&" : "?"}${query}`;
  }

  private hear(source: Source, type: FeedEventType, message: MessageEvent): void {
    if (source !== this.source) return;
    this.endAttempt();
    this.silence.feed(this.patienceMs());
    const event = this.options.take(type, message.data, message.lastEventId);
    if (event !== undefined) this.take(event);
  }

  private take(event: FeedEvent): void {
    const heard = { heardAt: this.now(), stale: false };
    switch (event.type) {
      case "hello":
        this.helloAt = this.now();
        this.heartbeatSeconds = event.heartbeatSeconds;
        this.silence.feed(this.patienceMs());
        this.tell({ ...heard, ...AT_HELLO, phase: "open" });
        break;
      case "gap":
        this.tell({ ...heard, gapOpen: true });
        break;
      case "status":
        this.tell({
          ...heard,
          ...upstream(event.upstreamDown, this.facts.downSince ?? this.now()),
        });
        break;
      case "expiring":
        this.tell({ ...heard, endsAt: this.now() + event.inMs });
        break;
      case "expired":
        // Its end is near; a new connection shows whether something newer lets us in.
        this.tell({ ...heard, signedOut: true });
        this.comeBack("offline");
        break;
      case "drain":
        this.tell(heard);
        this.comeBack("draining", event.waitMs ?? this.backoffMs());
        break;
      case "busy":
        this.tell(heard);
        // The server's wait is random and bounded, so it spreads a herd and calms a repeat by itself.
        this.comeBack("busy", event.waitMs ?? this.backoffMs());
        break;
      default:
        this.tell({ ...heard, gapOpen: this.facts.gapOpen && event.type === "heartbeat" });
    }
  }

  private lose(source: Source): void {
    if (source !== this.source) return;
    if (source.refused === true) this.tell({ signedOut: true });
    // One attempt is left to the browser, because it waits the random `retry:` that the feed gave.
    // A second loss without a hello between is ours: the browser would knock at a fixed pace.
    if (source.readyState === CLOSED || this.helloAt === undefined) {
      this.comeBack("offline");
      return;
    }
    this.endStanding();
    this.tell({ phase: "resuming" });
  }

  /** Nothing was heard for too long: half open, stopped or cut off. Say so, and start anew. */
  private growStale(): void {
    this.tell({ stale: true });
    // A wait or an attempt that is under way already has its own end.
    if (this.source !== undefined && !this.attempting) this.comeBack("offline");
  }

  private comeBack(phase: "draining" | "busy" | "offline", waitMs = this.backoffMs()): void {
    this.drop();
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.connect(), waitMs);
    this.tell({ phase, retryAt: this.now() + waitMs });
  }

  private drop(): void {
    this.source?.close();
    this.source = undefined;
    this.endAttempt();
    this.endStanding();
  }

  private backoffMs(): number {
    this.endStanding();
    const waitMs = this.options.backoff.next(this.stoodMs);
    this.stoodMs = 0;
    return waitMs;
  }

  private endAttempt(): void {
    this.attempting = false;
    this.attempt.stop();
  }

  private endStanding(): void {
    if (this.helloAt !== undefined) this.stoodMs = this.now() - this.helloAt;
    this.helloAt = undefined;
  }

  private patienceMs(): number {
    return this.heartbeatSeconds * PATIENCE * 1000;
  }

  private tell(change: Partial<FeedFacts>): void {
    this.facts = { ...this.facts, ...change };
    this.options.onFacts(this.facts);
  }
}

/** What a new connection makes past. */
const AT_HELLO: Partial<FeedFacts> = {
  gapOpen: false,
  signedOut: false,
  endsAt: undefined,
  upstreamDown: false,
  downSince: undefined,
};

function upstream(down: boolean, since: number | undefined): Partial<FeedFacts> {
  return { upstreamDown: down, downSince: down ? since : undefined };
}
