import type { Source } from "../feedStream";

const CONNECTING = 0;
const CLOSED = 2;

/**
 * An EventSource that first gets a ticket for its address: it can't send a header. A ticket opens one
 * stream once, so that a connection which is lost is closed for good, and another source is needed.
 */
export class TicketedSource implements Source {
  onerror: ((event: Event) => unknown) | null = null;
  private readonly ears: (readonly [string, (event: MessageEvent) => void])[] = [];
  private source: Source | undefined;
  private ended = false;

  /** `ticket` fails where none can be had, and gives undefined where none is needed. */
  constructor(
    url: string,
    ticket: Promise<string | undefined>,
    private readonly open: (url: string) => Source,
  ) {
    ticket.then(
      (given) => this.begin(given === undefined ? url : withTicket(url, given)),
      () => this.end(),
    );
  }

  get readyState(): number {
    return this.ended ? CLOSED : (this.source?.readyState ?? CONNECTING);
  }

  addEventListener(type: string, hear: (event: MessageEvent) => void): void {
    this.ears.push([type, hear]);
  }

  close(): void {
    this.ended = true;
    this.source?.close();
  }

  private begin(url: string): void {
    if (this.ended) return;
    const source = this.open(url);
    for (const [type, hear] of this.ears) source.addEventListener(type, hear);
    source.onerror = () => this.end();
    this.source = source;
  }

  /** It would come back by itself with the ticket that is spent. */
  private end(): void {
    if (this.ended) return;
    this.close();
    this.onerror?.(new Event("error"));
  }
}

function withTicket(url: string, ticket: string): string {
  return `${url}${url.includes("?") ? "&" : "?"}${new URLSearchParams({ ticket })}`;
}
