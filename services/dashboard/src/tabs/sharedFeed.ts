import { pageTime } from "../clock";
import type { FeedEvent } from "../feedEvent";
import type { FeedFacts } from "../feedState";
import { Ledger, type LedgerPage } from "../ledger";
import type { ConnectionEntry } from "./connectionLog";
import { Election } from "./election";
import { FeedReport } from "./feedReport";
import { Filter } from "./filter";
import { Follow } from "./follow";
import { Hearing } from "./hearing";
import { Intake } from "./intake";
import { type FeedServer, Lead } from "./lead";
import type { Delay, LiveFeed, Role } from "./liveFeed";
import { Pace } from "./pace";
import { parseTabMessage, type TabMessage, type Want } from "./tabMessage";
import type { TabChannel, TabLock } from "./tabPorts";

/** A leader that nobody sees hands over after so long, if there is a tab that somebody sees. */
const HIDDEN_LEAD_MS = 10_000;

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
  private readonly now: () => number;
  private readonly intake: Intake;
  private readonly report: FeedReport;
  private readonly follow: Follow;
  private readonly hearing: Hearing;
  private readonly election: Election | undefined;
  private lead: Lead | undefined;
  private wantedHz: number | undefined;

  constructor(private readonly options: SharedFeedOptions) {
    this.now = options.now ?? pageTime;
    const onEvent = (event: FeedEvent) => this.report.tell(event);
    this.intake = new Intake({ ledger: new Ledger(), onEvent });
    this.report = new FeedReport(this.intake, this.now);
    this.follow = new Follow(this.intake, () => this.sayWant(true), this.now);
    this.hearing = this.createHearing();
    this.election = this.createElection();
    options.channel?.hear((message) => this.hear(message));
  }

  get role(): Role {
    return this.report.role;
  }

  get facts(): FeedFacts {
    return this.report.facts;
  }

  get ledger(): LedgerPage {
    return this.intake.ledger.page;
  }

  get log(): readonly ConnectionEntry[] {
    return this.report.happenings;
  }

  get delay(): Delay | undefined {
    return this.report.delay;
  }

  get maxHz(): number | undefined {
    return this.intake.asked.maxHz;
  }

  get tabs(): number {
    return this.lead?.tabs ?? this.hearing.tabsKnown;
  }

  onEvent(hear: (event: FeedEvent) => void): () => void {
    return this.report.events.add(hear);
  }

  onLog(hear: (entry: ConnectionEntry) => void): () => void {
    return this.report.entries.add(hear);
  }

  start(): void {
    if (this.election !== undefined) {
      this.election.join(this.now());
      this.sayWant(this.intake.position === null);
    } else if (this.lead === undefined) {
      this.report.setRole("alone");
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
    this.report.tellLatest();
    this.report.note({ kind: "filter", patterns: filter.patterns });
    this.sayWant(false);
  }

  setHidden(hidden: boolean): void {
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
    this.lead.roll(now);
    const unseen = now - (this.pace.hiddenSince ?? now) >= HIDDEN_LEAD_MS;
    const heir = unseen ? this.lead.roster.visible() : undefined;
    if (heir !== undefined) this.election.abdicate(heir);
  }

  private voice() {
    const post = (message: TabMessage) => this.post(message);
    return { tab: this.options.tab, term: () => this.term(), post };
  }

  private createHearing(): Hearing {
    return new Hearing({
      ...{ intake: this.intake, follow: this.follow, report: this.report, now: this.now },
      ...this.voice(),
      onRoll: () => this.sayWant(false),
      onRate: () => this.noteRate(),
    });
  }

  private createElection(): Election | undefined {
    const { lock, channel, tab } = this.options;
    if (lock === undefined || channel === undefined) return undefined;
    return new Election({
      ...this.voice(),
      lock,
      onLead: (term, waited) => {
        this.post({ from: tab, kind: "lead", term, position: this.intake.position });
        if (this.lead === undefined) this.startLead(waited);
        this.report.setRole("leader");
      },
      onFollow: () => this.endLead(),
      onLeader: (leader, position) => this.greetLeader(leader, position),
    });
  }

  private startLead(census: boolean): void {
    this.lead = new Lead({
      ...this.voice(),
      intake: this.intake,
      server: this.options.server,
      own: () => this.want(false),
      onFacts: (facts) => this.setFacts(facts),
      onRate: () => this.noteRate(),
      ...(this.options.random && { random: this.options.random }),
    });
    this.lead.begin(census, this.now());
  }

  private endLead(): void {
    this.lead?.end();
    this.lead = undefined;
    if (this.role === "leader") this.report.setRole("joining");
  }

  private hear(value: unknown): void {
    const message = parseTabMessage(value);
    if (message === undefined || !this.election?.hear(message, this.now())) return;
    if (this.lead !== undefined) this.hearing.asLeader(this.lead, message);
    else this.hearing.asFollower(message);
  }

  /** A leader is new: it hears what this tab wants, and what this tab heard and it did not. */
  private greetLeader(leader: string, position: string | null): void {
    this.report.setRole("follower");
    this.report.note({ kind: "leader", leader });
    this.sayWant(false);
    this.hearing.tellLeader(leader, position);
  }

  private sayWant(fresh: boolean): void {
    this.wantedHz = this.pace.maxHz;
    if (this.lead !== undefined) this.lead.replan();
    else this.post({ from: this.options.tab, kind: "want", ...this.want(fresh) });
  }

  private want(fresh: boolean): Want {
    return {
      patterns: this.intake.filter.patterns,
      maxHz: this.pace.maxHz ?? null,
      hidden: this.pace.hiddenSince !== undefined,
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

  private setFacts(facts: FeedFacts): void {
    if (!this.report.setFacts(facts) || this.lead === undefined) return;
    this.post({ from: this.options.tab, kind: "facts", term: this.term(), facts });
  }

  private noteRate(): void {
    this.report.note({ kind: "rate", maxHz: this.maxHz ?? null, why: this.pace.why });
  }
}
