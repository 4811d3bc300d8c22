import { Backoff } from "../backoff";
import type { FeedFacts } from "../feedState";
import { FeedStream, type Source } from "../feedStream";
import type { SensorRecord } from "../senml";
import { Filter } from "./filter";
import type { Asked, Intake } from "./intake";
import { Roster } from "./roster";
import type { TabMessage, Want } from "./tabMessage";

/** How long a new leader waits for the others' wants and for what they heard and it did not. */
const CENSUS_MS = 200;

/** A wider or faster stream is wanted now; a narrower one only saves, and tabs come and go. */
const WIDEN_AFTER_MS = 50;
const NARROW_AFTER_MS = 3_000;

/** Between two attempts to load the latest values of sensors that a wider filter brought in. */
const LATEST_AGAIN_MS = 2_000;

const ROLL_EVERY_MS = 15_000;

export interface FeedServer {
  open(url: string): Source;
  /** The latest record of each sensor that matches; undefined when it can't be had now. */
  latest(url: string): Promise<readonly SensorRecord[] | undefined>;
}

/** Where the feed is, behind the edge. */
export const STREAM_URL = "/feed/readings";

export interface LeadOptions {
  readonly tab: string;
  readonly term: () => number;
  readonly intake: Intake;
  readonly server: FeedServer;
  readonly own: () => Want;
  readonly post: (message: TabMessage) => void;
  readonly onFacts: (facts: FeedFacts) => void;
  /** The stream is asked for something else from here on. */
  readonly onRate: () => void;
  readonly random?: () => number;
}

/** The tab that holds the stream: it asks for what all want and passes on what comes. */
export class Lead {
  readonly roster = new Roster();
  private readonly stream: FeedStream;
  private census: ReturnType<typeof setTimeout> | undefined;
  private replanning: ReturnType<typeof setTimeout> | undefined;
  private loading: ReturnType<typeof setTimeout> | undefined;
  /** The census is over: this tab's position is where all tabs stand, or can be brought to. */
  opened = false;
  private ended = false;
  private rolledAt = 0;
  /** The stream was widened since its last snapshot, and a resume brings none. */
  private latestMissing = false;

  constructor(private readonly options: LeadOptions) {
    const { intake, server, onFacts, tab } = options;
    this.stream = new FeedStream({
      url: () => addressOf(STREAM_URL, intake.asked),
      open: (url) => server.open(url),
      backoff: new Backoff(options.random),
      position: () => intake.position,
      take: (type, data, id) => {
        const event = intake.take(type, data, id, (raw) =>
          options.post({ from: tab, kind: "event", term: options.term(), raw }),
        );
        if (event?.type === "hello") this.greet(event.resumed);
        return event;
      },
      onFacts,
    });
  }

  /** Tabs that share the stream, this one with them. */
  get tabs(): number {
    return this.roster.size + 1;
  }

  /** `census`: others were here before, and may know more than this tab does. */
  begin(census: boolean, now: number): void {
    this.rolledAt = now;
    if (census) this.census = setTimeout(() => this.openStream(), CENSUS_MS);
    else this.openStream();
  }

  /** Call often: now and then all tabs are asked what they want, and those that are gone are missed. */
  roll(now: number): void {
    if (now - this.rolledAt < ROLL_EVERY_MS) return;
    this.rolledAt = now;
    this.roster.call();
    const { post, tab, term } = this.options;
    post({ from: tab, kind: "roll", term: term(), tabs: this.tabs });
    this.replan();
  }

  end(): void {
    this.ended = true;
    for (const timer of [this.census, this.replanning, this.loading]) clearTimeout(timer);
    this.stream.stop();
  }

  wake(): void {
    if (!this.opened) return;
    this.stream.check();
    this.stream.wake();
  }

  setWant(tab: string, want: Want): void {
    this.roster.set(tab, want);
    if (!this.opened) return;
    if (!want.fresh) this.fill(tab, want.position);
    this.replan();
  }

  leave(tab: string): void {
    this.roster.delete(tab);
    this.replan();
  }

  /** What is wanted may have changed: the stream follows soon if it brings too little, else later. */
  replan(): void {
    clearTimeout(this.replanning);
    const asked = this.options.intake.asked;
    const wanted = this.roster.asked(this.options.own());
    if (!this.opened || areEqual(asked, wanted)) return;
    const afterMs = isLess(asked, wanted) ? WIDEN_AFTER_MS : NARROW_AFTER_MS;
    this.replanning = setTimeout(() => {
      this.ask();
      this.stream.reopen();
    }, afterMs);
  }

  private openStream(): void {
    this.opened = true;
    for (const [tab, position] of this.roster.positions()) this.fill(tab, position);
    this.ask();
    this.stream.start();
  }

  /** From the position held on, the stream is asked for what all want now. */
  private ask(): void {
    const { intake, tab, term, own } = this.options;
    const before = new Filter(intake.asked.patterns);
    const asked = this.roster.asked(own());
    intake.asked = asked;
    if (!before.covers(new Filter(asked.patterns))) this.latestMissing = true;
    const { patterns, maxHz } = asked;
    this.options.post({ from: tab, kind: "stream", term: term(), patterns, maxHz: maxHz ?? null });
    intake.recount();
    this.options.onRate();
  }

  private greet(resumed: boolean): void {
    if (!resumed) this.latestMissing = false;
    if (this.latestMissing) void this.loadLatest();
  }

  /**
   * Asked only once the wider stream stands: what it brings from then on overlaps with the answer,
   * so that nothing lies between, and the older of two values is left.
   */
  private async loadLatest(): Promise<void> {
    clearTimeout(this.loading);
    const { intake, server, tab, term } = this.options;
    const { patterns } = intake.asked;
    const records = await server.latest(
      addressOf(`${STREAM_URL}/latest`, { patterns, maxHz: undefined }),
    );
    if (this.ended || !this.latestMissing) return;
    if (records === undefined) {
      this.loading = setTimeout(() => void this.loadLatest(), LATEST_AGAIN_MS);
      return;
    }
    this.latestMissing = patterns !== intake.asked.patterns && this.latestMissing;
    this.options.post({ from: tab, kind: "latest", term: term(), records });
    intake.addLatest(records);
  }

  /** Gives a tab what it hasn't heard; one that is too far back finds out, and asks for the state. */
  private fill(to: string, position: string | null): void {
    const { intake, tab } = this.options;
    if (position === null || position === intake.position) return;
    const events = intake.recent.since(position);
    if (events !== undefined) this.options.post({ from: tab, kind: "fill", to, events });
  }
}

function addressOf(url: string, { patterns, maxHz }: Asked): string {
  const query = new URLSearchParams(patterns.map((pattern) => ["sensor", pattern]));
  if (maxHz !== undefined) {
    query.set("max_hz", String(maxHz));
    // The smallest and the largest of each interval, so that no spike is smoothed away.
    query.set("agg", "minmax");
  }
  return query.size === 0 ? url : `${url}?${query}`;
}

function areEqual(a: Asked, b: Asked): boolean {
  return a.maxHz === b.maxHz && new Filter(a.patterns).equals(new Filter(b.patterns));
}

/** Whether `a` brings less than `b` wants. */
function isLess(a: Asked, b: Asked): boolean {
  const slower = (a.maxHz ?? Number.POSITIVE_INFINITY) < (b.maxHz ?? Number.POSITIVE_INFINITY);
  return slower || !new Filter(a.patterns).covers(new Filter(b.patterns));
}
