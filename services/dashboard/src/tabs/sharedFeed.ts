import { pageTime } from "../clock";
import type { FeedEvent } from "../feedEvent";
import { AT_START, type FeedFacts, stateOf } from "../feedState";
import { Ledger, type LedgerPage } from "../ledger";
import { type ConnectionEntry, ConnectionLog } from "./connectionLog";
import { DelayGauge } from "./delay";
import { Ears } from "./ears";
import { Election } from "./election";
import { Filter } from "./filter";
import { Follow, stateSaid } from "./follow";
import { type Asked, Intake } from "./intake";
import { type FeedServer, Lead } from "./lead";
import type { Delay, LiveFeed, Role } from "./liveFeed";
import { Pace } from "./pace";
import { parseTabMessage, type TabMessage, type Want } from "./tabMessage";
import type { TabChannel, TabLock } from "./tabPorts";

/** A leader that nobody sees hands over after so long, if there is a tab that somebody sees. */
const HIDDEN_LEAD_MS = 10_000;
const ROLL_EVERY_MS = 15_000;

export interface SharedFeedOptions {
  readonly tab: string;
  readonly server: FeedServer;
  /** Either missing: this tab is alone with its stream. */
  readonly lock: TabLock | undefined;
  readonly channel: TabChannel | undefined;
  readonly random?: () => number;
  /** Monotonic page time in milliseconds. */
  readonly now?: () => number;
}

/** The readings of this tab, over the one stream of the browser; see README, "One stream". */
export class SharedFeed implements LiveFeed {
  readonly pace = new Pace();
  private readonly events = new Ears<FeedEvent>();
  private readonly states = new Ears<FeedFacts>();
  private readonly entries = new Ears<ConnectionEntry>();
  private readonly now: () => number;
  private readonly book = new Ledger();
  private readonly connectionLog: ConnectionLog;
  private readonly intake: Intake;
  private readonly gauge = new DelayGauge();
  private readonly follow: Follow;
  private readonly election: Election | undefined;
  private lead: Lead | undefined;
  private hiddenAt: number | undefined;
  private rolledAt = 0;
  private wantedHz: number | undefined;
  private tabsKnown = 1;
  facts: FeedFacts = AT_START;

  constructor(private readonly options: SharedFeedOptions) {
    this.now = options.now ?? pageTime;
    this.connectionLog = new ConnectionLog(this.now, (entry) => this.entries.tell(entry));
    this.intake = new Intake({ ledger: this.book, onEvent: (event) => this.tell(event) });
    this.follow = new Follow(this.intake, () => this.sayWant(true), this.now);
    this.election = this.createElection();
    options.channel?.hear((message) => this.hear(message));
  }

  get role(): Role {
    return this.book.page.role;
  }

  get ledger(): LedgerPage {
    return this.book.page;
  }

  get log(): readonly ConnectionEntry[] {
    return this.connectionLog.entries;
  }

  get delay(): Delay | undefined {
    return this.gauge.delay;
  }

  get maxHz(): number | undefined {
    return this.intake.asked.maxHz;
  }

  get tabs(): number {
    return this.lead === undefined ? this.tabsKnown : this.lead.roster.size + 1;
  }

  onEvent(hear: (event: FeedEvent) => void): () => void {
    return this.events.add(hear);
  }

  onState(hear: (facts: FeedFacts) => void): () => void {
    return this.states.add(hear);
  }

  onLog(hear: (entry: ConnectionEntry) => void): () => void {
    return this.entries.add(hear);
  }

  start(): void {
    if (this.election !== undefined) {
      this.election.join(this.now());
      this.sayWant(this.intake.position === null);
    } else if (this.lead === undefined) {
      this.setRole("alone");
      this.startLead(false);
    }
  }

  /** The page goes or won't run for a while: let others lead, and hold no connection. */
  leave(): void {
    this.post({ from: this.options.tab, kind: "bye" });
    this.election?.leave();
    this.endLead();
  }

  /** The page is back after `leave`. */
  comeBack(): void {
    const all = this.intake.filter.patterns.length + this.intake.asked.patterns.length === 0;
    if (!all && this.election !== undefined) this.follow.doubt();
    this.start();
  }

  wake(): void {
    this.lead?.wake();
  }

  setFilter(patterns: readonly string[]): void {
    const filter = new Filter(patterns);
    if (filter.equals(this.intake.filter)) return;
    this.intake.filter = filter;
    this.intake.recount();
    // What is known of it is shown at once; the rest comes when the stream is wider.
    this.showLatest();
    this.connectionLog.note({ kind: "filter", patterns: filter.patterns });
    this.sayWant(false);
  }

  setHidden(hidden: boolean): void {
    this.hiddenAt = hidden ? (this.hiddenAt ?? this.now()) : undefined;
    this.pace.setHidden(hidden, this.now());
    this.sayWant(false);
    if (!hidden) this.wake();
  }

  /** Once a second; `busy` is the part of it (0 to 1) in which the main thread was held. */
  tick(busy: number): void {
    const now = this.now();
    this.pace.tick(busy, now);
    this.election?.tick(now);
    if (this.pace.maxHz !== this.wantedHz) this.sayWant(false);
    if (this.lead === undefined || this.election === undefined) return;
    this.handOver(now);
    if (now - this.rolledAt < ROLL_EVERY_MS) return;
    this.rolledAt = now;
    this.lead.roster.call();
    this.post({ from: this.options.tab, kind: "roll", term: this.term(), tabs: this.tabs });
    this.lead.replan();
  }

  private handOver(now: number): void {
    if (this.hiddenAt === undefined || now - this.hiddenAt < HIDDEN_LEAD_MS) return;
    const heir = this.lead?.roster.visible();
    if (heir !== undefined) this.election?.abdicate(heir);
  }

  private createElection(): Election | undefined {
    const { lock, channel, tab } = this.options;
    if (lock === undefined || channel === undefined) return undefined;
    return new Election({
      tab,
      lock,
      post: (message) => this.post(message),
      onLead: (term, waited) => {
        this.post({ from: tab, kind: "lead", term, position: this.intake.position });
        if (this.lead === undefined) this.startLead(waited);
        this.setRole("leader");
      },
      onFollow: () => this.endLead(),
      onLeader: (leader, position) => this.greetLeader(leader, position),
    });
  }

  private startLead(census: boolean): void {
    this.rolledAt = this.now();
    this.lead = new Lead({
      tab: this.options.tab,
      term: () => this.term(),
      intake: this.intake,
      server: this.options.server,
      own: () => this.want(false),
      post: (message) => this.post(message),
      onFacts: (facts) => this.setFacts(facts),
      onRate: (asked) => this.noteRate(asked),
      ...(this.options.random && { random: this.options.random }),
    });
    this.lead.begin(census);
  }

  private endLead(): void {
    this.lead?.end();
    this.lead = undefined;
    if (this.role === "leader") this.setRole("joining");
  }

  private hear(value: unknown): void {
    const message = parseTabMessage(value);
    if (message === undefined || this.election === undefined) return;
    if (!this.election.hear(message, this.now())) return;
    if (this.lead !== undefined) this.hearTab(this.lead, message);
    else this.hearLeader(message);
  }

  private hearTab(lead: Lead, message: TabMessage): void {
    switch (message.kind) {
      case "want":
        lead.setWant(message.from, message);
        if (message.fresh && lead.opened) this.sayState(message.from);
        break;
      case "bye":
        lead.leave(message.from);
        break;
      case "ping":
        this.post({ from: this.options.tab, kind: "pong", term: this.term(), tabs: this.tabs });
        break;
      case "fill":
        if (message.to === this.options.tab) this.follow.fill(message.events);
        break;
      case "state":
        // Another tab knows where all stand, and this one has only just come.
        if (message.to === this.options.tab && this.intake.position === null) {
          this.follow.join(message);
        }
        break;
    }
  }

  private hearLeader(message: TabMessage): void {
    const mine = !("to" in message) || message.to === this.options.tab;
    if (!mine) return;
    switch (message.kind) {
      case "event":
        if (this.follow.take(message.raw)) this.setFacts({ ...this.facts, heardAt: this.now() });
        break;
      case "facts":
        this.setFacts(message.facts);
        break;
      case "stream":
        this.setAsked(message);
        break;
      case "fill":
        this.follow.fill(message.events);
        break;
      case "state":
        this.follow.join(message);
        this.setFacts(message.facts);
        break;
      case "latest":
        this.intake.addLatest(message.records);
        break;
      case "roll":
        this.sayWant(false);
        break;
    }
    if ("tabs" in message) this.tabsKnown = message.tabs;
    if ("term" in message && this.role === "joining") this.setRole("follower");
  }

  /** A leader is new: it hears what this tab wants, and what this tab heard and it did not. */
  private greetLeader(leader: string, position: string | null): void {
    this.setRole("follower");
    this.connectionLog.note({ kind: "leader", leader });
    this.sayWant(false);
    if (position === this.intake.position) return;
    const events = this.intake.recent.since(position);
    if (position === null) this.sayState(leader);
    else if (events !== undefined) {
      this.post({ from: this.options.tab, kind: "fill", to: leader, events });
    }
  }

  private setAsked(said: { patterns: readonly string[]; maxHz: number | null }): void {
    const before = this.intake.asked.maxHz;
    this.follow.setAsked(said);
    if (before !== this.intake.asked.maxHz) this.noteRate(this.intake.asked);
  }

  private sayState(to: string): void {
    const state = stateSaid(this.intake, this.term(), this.facts);
    if (state !== undefined) this.post({ from: this.options.tab, kind: "state", to, ...state });
  }

  private sayWant(fresh: boolean): void {
    this.wantedHz = this.pace.maxHz;
    if (this.lead === undefined) {
      this.post({ from: this.options.tab, kind: "want", ...this.want(fresh) });
    } else {
      this.lead.replan();
    }
  }

  private want(fresh: boolean): Want {
    return {
      patterns: this.intake.filter.patterns,
      maxHz: this.pace.maxHz ?? null,
      hidden: this.hiddenAt !== undefined,
      position: this.intake.position,
      fresh,
    };
  }

  private term(): number {
    return this.election?.term ?? 0;
  }

  private post(message: TabMessage): void {
    this.options.channel?.post(message);
  }

  private showLatest(): void {
    const records = this.intake.latest.all().filter((one) => this.intake.filter.wants(one.n));
    if (records.length > 0) this.events.tell({ type: "snapshot", position: undefined, records });
  }

  private tell(event: FeedEvent): void {
    if (event.type === "hello" && this.ledger.reconnects > 0) {
      const position = this.intake.position;
      this.connectionLog.note({ kind: "reconnect", resumed: event.resumed, position });
    }
    if (event.type === "gap") {
      const { from, to, reason } = event;
      this.connectionLog.note({ kind: "gap", from, to, reason });
    }
    if (event.type === "readings") {
      this.gauge.take(event.records, this.intake.clock.seconds());
    }
    this.events.tell(event);
  }

  private setFacts(facts: FeedFacts): void {
    const before = stateOf(this.facts);
    const state = stateOf(facts);
    const turned = state !== before || facts.retryAt !== this.facts.retryAt;
    this.facts = facts;
    this.ledger.state = state;
    if (state !== before) this.connectionLog.note({ kind: "state", state, before });
    if (turned && this.lead !== undefined) {
      this.post({ from: this.options.tab, kind: "facts", term: this.term(), facts });
    }
    this.states.tell(facts);
  }

  private setRole(role: Role): void {
    const before = this.role;
    if (role === before) return;
    this.ledger.role = role;
    this.connectionLog.note({ kind: "role", role, before });
  }

  private noteRate({ maxHz }: Asked): void {
    this.connectionLog.note({ kind: "rate", maxHz: maxHz ?? null, why: this.pace.why });
  }
}
