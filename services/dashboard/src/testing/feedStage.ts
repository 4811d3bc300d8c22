import { Backoff } from "../backoff";
import type { FeedEvent } from "../feedEvent";
import { AT_START, type FeedFacts, stateOf } from "../feedState";
import { FeedStream, type Source } from "../feedStream";
import { Ledger } from "../ledger";
import { Intake } from "../tabs/intake";

/** An EventSource whose server is the test. */
export class FakeSource implements Source {
  static opened: FakeSource[] = [];
  readyState = 0;
  onerror: ((event: Event) => unknown) | null = null;
  private readonly ears = new Map<string, (event: MessageEvent) => void>();

  constructor(readonly url: string) {
    FakeSource.opened.push(this);
  }

  addEventListener(type: string, hear: (event: MessageEvent) => void): void {
    this.ears.set(type, hear);
  }

  close(): void {
    this.readyState = 2;
  }

  say(type: string, data: unknown, lastEventId = ""): void {
    this.readyState = 1;
    const text = typeof data === "string" ? data : JSON.stringify(data);
    this.ears.get(type)?.({ data: text, lastEventId } as MessageEvent);
  }

  hello(id: string, resumed = false, heartbeat = 10): void {
    this.say("hello", { epoch: "e3f9", resumed, heartbeat, server_time: 1000 }, id);
  }

  readings(id: string, count = 1): void {
    const pack = Array.from({ length: count }, () => ({ n: "a/b", v: 1, t: 1 }));
    this.say("readings", pack, id);
  }

  /** A native EventSource that will reconnect by itself (0) or never again (2). */
  fail(readyState: 0 | 2): void {
    this.readyState = readyState;
    this.onerror?.({} as Event);
  }
}

/** A stream on fake sources, with all that it told. `random` is the backoff's. */
export function stage(random = () => 1) {
  FakeSource.opened = [];
  const ledger = new Ledger();
  const events: FeedEvent[] = [];
  let facts: FeedFacts = AT_START;
  const intake = new Intake({ ledger, onEvent: (event) => events.push(event) });
  const stream = new FeedStream({
    url: () => "/feed/readings",
    open: (url) => new FakeSource(url),
    backoff: new Backoff(random),
    position: () => intake.position,
    take: (type, data, id) => intake.take(type, data, id),
    now: Date.now,
    onFacts: (told) => {
      facts = told;
    },
  });
  stream.start();
  return {
    ledger,
    events,
    stream,
    state: () => stateOf(facts),
    facts: () => facts,
    sources: FakeSource.opened,
    source: () => FakeSource.opened.at(-1) as FakeSource,
  };
}
