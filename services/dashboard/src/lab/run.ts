import { pageTime, ServerClock } from "../clock";
import { Credentials } from "../ticket";
import { openEventSource, openWebSocket } from "./connections";
import { type Costs, parseCosts, spentBetween, TRANSPORTS, type TransportName } from "./costs";
import { type Figures, figuresOf } from "./figures";
import { type Lane, type LanePage, StreamLane } from "./lane";
import { PollLane } from "./pollLane";
import { missing, Tally } from "./tally";

/** What a person chose for a run. */
export interface RunOptions {
  readonly sensor: string;
  readonly pollMs: number;
}

export const OUTAGE_MS = 2_000;
/** What is younger may still be on its way, or behind a cut. */
const DUE_MS = 3_000;
const FEED = "/feed";

/** The same readings over all transports at once, and what came of it. */
export class Run {
  readonly tallies: Readonly<Record<TransportName, Tally>>;
  readonly cuts: number[] = [];
  private readonly lanes: Readonly<Record<TransportName, Lane>>;
  private readonly clock = new ServerClock(() => pageTime() / 1000);
  private readonly credentials = new Credentials();
  private begunAt: number | undefined;
  private first: Costs | undefined;
  private last: Costs | undefined;
  private endedAt: number | undefined;

  constructor(private readonly options: RunOptions) {
    const [sse, websocket, polling] = [new Tally(), new Tally(), new Tally()];
    this.tallies = { sse, websocket, polling };
    const page = this.page(async () => this.withTicket());
    const asking = this.page(async () => this.query());
    this.lanes = {
      sse: new StreamLane(page, "/readings", openEventSource, sse),
      websocket: new StreamLane(page, "/ws/readings", openWebSocket, websocket),
      polling: new PollLane(asking, options.pollMs, polling),
    };
  }

  start(): void {
    for (const lane of Object.values(this.lanes)) lane.start();
  }

  stop(): void {
    this.endedAt = this.now();
    for (const lane of Object.values(this.lanes)) lane.stop();
  }

  /** Takes the network away from all lanes at once. */
  cut(): void {
    this.cuts.push(this.now());
    for (const lane of Object.values(this.lanes)) lane.cut(OUTAGE_MS);
  }

  /** Begins to count once all have been heard: none is charged with another's slow beginning. */
  advance(): void {
    const tallies = Object.values(this.tallies);
    if (this.begunAt !== undefined || !tallies.every(({ heard }) => heard)) return;
    this.begunAt = this.now();
    for (const tally of tallies) tally.begin(this.begunAt);
  }

  /** Seconds that were measured so far; undefined before it counts. */
  get seconds(): number | undefined {
    return this.begunAt && ((this.endedAt ?? this.now()) - this.begunAt) / 1000;
  }

  /** Asks what the server has spent; the first answer since it counts is where that begins. */
  async askCosts(): Promise<void> {
    try {
      const headers = this.credentials.headers;
      const answer = await fetch(`${FEED}/costs`, { headers, cache: "no-store" });
      const costs = answer.ok ? parseCosts(await answer.text()) : undefined;
      if (costs === undefined) return;
      this.clock.set(costs.serverTime);
      if (this.begunAt === undefined) return;
      this.first ??= costs;
      this.last = costs;
    } catch {
      // Not known then; the table says so.
    }
  }

  /** What was spent since the first answer; undefined where it is not known, or by two replicas. */
  get spent(): Costs | undefined {
    return this.first && this.last && spentBetween(this.first, this.last);
  }

  /** Whether two replicas answered, so that what was spent can't be told. */
  get mixed(): boolean {
    return this.first !== undefined && this.first.since !== this.last?.since;
  }

  get figures(): Figures[] {
    const due = (this.endedAt ?? this.now()) - Math.max(DUE_MS, 2 * this.options.pollMs);
    const all = TRANSPORTS.map((name) => this.tallies[name]);
    const lost = missing(all, due);
    const spent = this.spent;
    return TRANSPORTS.map((name, at) =>
      figuresOf(name, this.tallies[name], lost[at] ?? 0, spent?.transports[name]),
    );
  }

  private now(): number {
    return this.clock.seconds() * 1000;
  }

  private page(query: LanePage["query"]): LanePage {
    const headers = () => ({ ...this.credentials.headers });
    return { feed: FEED, query, headers, now: () => this.now() };
  }

  private query(): URLSearchParams {
    return new URLSearchParams(this.options.sensor === "" ? {} : { sensor: this.options.sensor });
  }

  private async withTicket(): Promise<URLSearchParams> {
    const query = this.query();
    const ticket = await this.credentials.ticket("feed");
    if (ticket !== undefined) query.set("ticket", ticket);
    return query;
  }
}
