import type { Source } from "./feedStream";
import { TokenRefusedError } from "./ticket";

type Hear = (event: MessageEvent) => void;

const CONNECTING = 0;
const CLOSED = 2;

/**
 * An EventSource that is let in by a ticket. It can't send a token, and what it repeats by itself
 * after a loss is a ticket used up, which is refused: then its owner makes a new one.
 */
export class TicketSource implements Source {
  refused = false;
  onerror: ((event: Event) => unknown) | null = null;
  private source: Source | undefined;
  private state = CONNECTING;
  private readonly ears: [type: string, hear: Hear][] = [];

  constructor(
    url: string,
    ticket: Promise<string | undefined>,
    private readonly open: (url: string) => Source,
  ) {
    ticket.then(
      (one) => this.begin(one === undefined ? url : withTicket(url, one)),
      (error: unknown) => this.fail(error),
    );
  }

  get readyState(): number {
    return this.source?.readyState ?? this.state;
  }

  addEventListener(type: string, hear: Hear): void {
    this.ears.push([type, hear]);
    this.source?.addEventListener(type, hear);
  }

  close(): void {
    this.state = CLOSED;
    this.source?.close();
  }

  private begin(url: string): void {
    if (this.state === CLOSED) return;
    const source = this.open(url);
    this.source = source;
    for (const [type, hear] of this.ears) source.addEventListener(type, hear);
    source.onerror = (event) => this.onerror?.(event);
  }

  private fail(error: unknown): void {
    if (this.state === CLOSED) return;
    this.state = CLOSED;
    this.refused = error instanceof TokenRefusedError;
    this.onerror?.(new Event("error"));
  }
}

function withTicket(url: string, ticket: string): string {
  return `${url}${url.includes("?") ? "&" : "?"}${new URLSearchParams({ ticket })}`;
}
