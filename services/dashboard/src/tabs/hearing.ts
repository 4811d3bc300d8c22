import type { FeedReport } from "./feedReport";
import { type Follow, stateSaid } from "./follow";
import type { Intake } from "./intake";
import type { Lead } from "./lead";
import type { StreamSaid, TabMessage } from "./tabMessage";

export interface HearingOptions {
  readonly tab: string;
  readonly intake: Intake;
  readonly follow: Follow;
  readonly report: FeedReport;
  readonly term: () => number;
  /** Monotonic page time in milliseconds. */
  readonly now: () => number;
  readonly post: (message: TabMessage) => void;
  /** The leader asks what this tab wants. */
  readonly onRoll: () => void;
  readonly onRate: () => void;
}

/** What this tab makes of what the others say: as the leader, and as a follower. */
export class Hearing {
  /** Tabs that share the stream, by the leader's last word. */
  tabsKnown = 1;

  constructor(private readonly options: HearingOptions) {}

  asLeader(lead: Lead, message: TabMessage): void {
    const { tab, follow, intake, term, post } = this.options;
    switch (message.kind) {
      case "want":
        lead.setWant(message.from, message);
        if (message.fresh && lead.opened) this.sayState(message.from);
        break;
      case "bye":
        lead.leave(message.from);
        break;
      case "ping":
        post({ from: tab, kind: "pong", term: term(), tabs: lead.tabs });
        break;
      case "fill":
        if (message.to === tab) follow.fill(message.events);
        break;
      case "state":
        // Another tab knows where all stand, and this one has only just come.
        if (message.to === tab && intake.position === null) follow.join(message);
        break;
    }
  }

  asFollower(message: TabMessage): void {
    const { tab, report } = this.options;
    const mine = !("to" in message) || message.to === tab;
    if (!mine) return;
    this.take(message);
    if ("tabs" in message) this.tabsKnown = message.tabs;
    if ("term" in message && report.role === "joining") report.setRole("follower");
  }

  /** What a new leader heard of and this tab did not comes by itself; the other way round, here. */
  tellLeader(leader: string, position: string | null): void {
    const { tab, intake, post } = this.options;
    if (position === intake.position) return;
    const events = intake.recent.since(position);
    if (position === null) this.sayState(leader);
    else if (events !== undefined) post({ from: tab, kind: "fill", to: leader, events });
  }

  private take(message: TabMessage): void {
    const { follow, intake, report, now, onRoll } = this.options;
    switch (message.kind) {
      case "event":
        if (follow.take(message.raw)) report.setFacts({ ...report.facts, heardAt: now() });
        break;
      case "facts":
        report.setFacts(message.facts);
        break;
      case "stream":
        this.setAsked(message);
        break;
      case "fill":
        follow.fill(message.events);
        break;
      case "state":
        follow.join(message);
        report.setFacts(message.facts);
        break;
      case "latest":
        intake.addLatest(message.records);
        break;
      case "roll":
        onRoll();
        break;
    }
  }

  private setAsked(said: StreamSaid): void {
    const { follow, intake, onRate } = this.options;
    const before = intake.asked.maxHz;
    follow.setAsked(said);
    if (before !== intake.asked.maxHz) onRate();
  }

  private sayState(to: string): void {
    const { tab, intake, report, term, post } = this.options;
    const state = stateSaid(intake, term(), report.facts);
    if (state !== undefined) post({ from: tab, kind: "state", to, ...state });
  }
}
