import type { FeedEvent } from "../feedEvent";
import { AT_START, type FeedFacts, stateOf } from "../feedState";
import { type ConnectionEntry, ConnectionLog, type Happening } from "./connectionLog";
import { DelayGauge } from "./delay";
import { Ears } from "./ears";
import type { Intake } from "./intake";
import type { Delay, Role } from "./liveFeed";

/** What this tab says of its feed to whoever shows it: events, state, happenings, delay. */
export class FeedReport {
  readonly events = new Ears<FeedEvent>();
  readonly entries = new Ears<ConnectionEntry>();
  facts: FeedFacts = AT_START;
  private readonly log: ConnectionLog;
  private readonly gauge = new DelayGauge();

  /** `now`: monotonic page time in milliseconds. */
  constructor(
    private readonly intake: Intake,
    now: () => number,
  ) {
    this.log = new ConnectionLog(now, (entry) => this.entries.tell(entry));
  }

  get happenings(): readonly ConnectionEntry[] {
    return this.log.entries;
  }

  get delay(): Delay | undefined {
    return this.gauge.delay;
  }

  get role(): Role {
    return this.intake.ledger.page.role;
  }

  note(happening: Happening): void {
    this.log.note(happening);
  }

  tell(event: FeedEvent): void {
    if (event.type === "hello" && this.intake.ledger.page.reconnects > 0) {
      const position = this.intake.position;
      this.note({ kind: "reconnect", resumed: event.resumed, position });
    }
    if (event.type === "gap") {
      const { from, to, reason } = event;
      this.note({ kind: "gap", from, to, reason });
    }
    if (event.type === "readings") {
      this.gauge.take(event.records, this.intake.clock.seconds());
    }
    this.events.tell(event);
  }

  /** What is known of what the filter now wants, before the stream brings more. */
  tellLatest(): void {
    const records = this.intake.latest.all().filter((one) => this.intake.filter.wants(one.n));
    if (records.length > 0) this.events.tell({ type: "snapshot", position: undefined, records });
  }

  /** Returns whether the facts turned, so that others should hear of them, too. */
  setFacts(facts: FeedFacts): boolean {
    const before = stateOf(this.facts);
    const state = stateOf(facts);
    const turned = state !== before || facts.retryAt !== this.facts.retryAt;
    this.facts = facts;
    this.intake.ledger.page.state = state;
    if (state !== before) this.note({ kind: "state", state, before });
    return turned;
  }

  setRole(role: Role): void {
    const before = this.role;
    if (role === before) return;
    this.intake.ledger.page.role = role;
    this.note({ kind: "role", role, before });
  }
}
