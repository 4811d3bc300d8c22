import { DEFAULT_HEARTBEAT_SECONDS } from "../feedEvent";
import type { FeedFacts } from "../feedState";
import { parsePosition } from "../position";
import { type Intake, isWithin, type RawEvent } from "./intake";
import type { StateSaid, StreamSaid } from "./tabMessage";

/** Two questions for the state are at least so far apart. */
const ASK_AGAIN_MS = 1_000;

/** Why a gap was told that no server knows of: this tab missed what the leader passed on. */
export const TAB_GAP = "tab";

/** What another tab passes on, put together without a hole; asks for the state where there is one. */
export class Follow {
  /** Something is missing that no replay brings; nothing is taken until a state is here. */
  private lost = false;
  private askedAt = Number.NEGATIVE_INFINITY;

  /** `askState` tells the leader that this tab needs the present state. */
  constructor(
    private readonly intake: Intake,
    private readonly askState: () => void,
    private readonly now: () => number,
  ) {}

  /** What was passed on meanwhile may not have been all this tab wants. */
  doubt(): void {
    this.lost = this.intake.position !== null;
  }

  /** Takes an event; false when it has to wait for a state. */
  take(raw: RawEvent): boolean {
    if (!this.lost && this.intake.accept(raw).acceptance !== "hole") return true;
    this.ask();
    return false;
  }

  fill(events: readonly RawEvent[]): void {
    if (this.lost) return;
    for (const raw of events) if (this.intake.accept(raw).acceptance === "hole") return;
  }

  /** The stream is asked for something else from here on. */
  setAsked({ patterns, maxHz }: StreamSaid): void {
    const covered = this.intake.covered;
    this.intake.asked = { patterns, maxHz: maxHz ?? undefined };
    // The leader had lost sight of this tab: what it wants isn't passed on any more.
    if (covered && !this.intake.covered) this.doubt();
    this.intake.recount();
    if (this.lost) this.ask();
  }

  /** Begins at another tab's state, or goes on there after a told loss. */
  join(state: StateSaid): void {
    const { intake } = this;
    const position = parsePosition(state.position);
    const held = intake.ledger.position;
    if (position === undefined) return;
    if (held !== undefined && !this.lost && isWithin(position, held)) return;
    this.lost = false;
    intake.asked = { patterns: state.patterns, maxHz: state.maxHz ?? undefined };
    intake.recount();
    if (held === undefined) {
      const serverTime = Date.now() / 1000 + state.serverAhead;
      const heartbeatSeconds = DEFAULT_HEARTBEAT_SECONDS;
      const told = { resumed: false, reason: "", heartbeatSeconds, serverTime };
      intake.write({ type: "hello", position, ...told });
    } else {
      const from = intake.position ?? "";
      intake.write({ type: "gap", position, from, to: state.position, reason: TAB_GAP });
    }
    intake.write({ type: "snapshot", position, records: state.records });
  }

  private ask(): void {
    if (this.now() - this.askedAt < ASK_AGAIN_MS) return;
    this.askedAt = this.now();
    this.askState();
  }
}

/** What a tab that joins, or that missed something, needs to go on from here. */
export function stateSaid(intake: Intake, term: number, facts: FeedFacts): StateSaid | undefined {
  const { position, asked, clock } = intake;
  if (position === null) return undefined;
  return {
    term,
    position,
    records: intake.latest.all(),
    serverAhead: clock.seconds() - Date.now() / 1000,
    facts,
    patterns: asked.patterns,
    maxHz: asked.maxHz ?? null,
  };
}
