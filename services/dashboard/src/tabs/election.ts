import type { TabMessage } from "./tabMessage";
import type { TabLock } from "./tabPorts";

/** Silence after which a follower asks whether its leader is there, and how long it waits then. */
const QUIET_MS = 5_000;
const ANSWER_MS = 5_000;

/** A tick that comes later than this was held back: this page slept, which says nothing of others. */
const LATE_TICK_MS = 4_000;

export interface ElectionOptions {
  readonly tab: string;
  readonly lock: TabLock;
  readonly post: (message: TabMessage) => void;
  /** This tab leads; `waited`: there were others before it. */
  readonly onLead: (term: number, waited: boolean) => void;
  /** This tab follows from now on, or again. */
  readonly onFollow: () => void;
  /** Somebody else has begun to lead. */
  readonly onLeader: (leader: string, position: string | null) => void;
}

/**
 * Who leads. The lock alone decides: it passes on by itself when its holder closes or crashes. One
 * that holds it and doesn't answer (frozen, hung) has it taken away by the first that misses it.
 * Terms rise from leader to leader, so that what an old one still says is left unheard.
 */
export class Election {
  term = 0;
  leading = false;
  leader = "";
  private letGo: (() => void) | undefined;
  private heardAt = 0;
  private askedAt: number | undefined;
  private tickedAt = 0;

  constructor(private readonly options: ElectionOptions) {}

  get joined(): boolean {
    return this.letGo !== undefined;
  }

  join(now: number): void {
    this.seek(now, false);
  }

  /** Gives the lock back or leaves the line: this page goes, or won't run for a while. */
  leave(): void {
    this.letGo?.();
    this.letGo = undefined;
    this.endLead();
  }

  /** Called once a second while the page runs at its normal pace. */
  tick(now: number): void {
    const late = now - this.tickedAt > LATE_TICK_MS;
    this.tickedAt = now;
    if (late) this.askedAt = undefined;
    if (this.leading || !this.joined || now - this.heardAt < QUIET_MS) return;
    if (this.askedAt === undefined) {
      this.askedAt = now;
      this.options.post({ from: this.options.tab, kind: "ping" });
    } else if (now - this.askedAt >= ANSWER_MS) {
      this.seek(now, true);
    }
  }

  /** Takes a message; false when it comes from a leader of the past, or is about leading alone. */
  hear(message: TabMessage, now: number): boolean {
    if (message.kind === "heir") {
      if (message.to === this.options.tab && message.term >= this.term) this.seek(now, true);
      return false;
    }
    if (message.kind === "lead") {
      this.hearLead(message);
      return false;
    }
    if (!("term" in message) || message.kind === "state") return true;
    if (message.term < this.term || message.from !== this.leader) return this.catchUp(message, now);
    this.prove(now);
    return true;
  }

  /** Lets a tab that is seen lead instead of this hidden one. */
  abdicate(to: string): void {
    this.options.post({ from: this.options.tab, kind: "heir", term: this.term, to });
  }

  /** A leader whose `lead` this tab was too late to hear. */
  private catchUp(message: TabMessage & { term: number }, now: number): boolean {
    if (this.leading || message.term < this.term) return false;
    if (message.term === this.term && this.leader !== "") return false;
    this.follow(message.from, message.term);
    this.prove(now);
    return true;
  }

  private hearLead(message: TabMessage & { kind: "lead" }): void {
    if (this.leading && message.term <= this.term) {
      // Two took the lock at once and counted alike; the one that holds it must be the later.
      if (message.term === this.term) this.lead(false);
      return;
    }
    if (message.term < this.term) return;
    this.follow(message.from, message.term);
    this.prove(undefined);
    this.options.onLeader(message.from, message.position);
  }

  private follow(leader: string, term: number): void {
    this.term = term;
    this.leader = leader;
    if (this.leading) this.lose();
  }

  private prove(now: number | undefined): void {
    this.heardAt = now ?? this.tickedAt;
    this.askedAt = undefined;
  }

  private seek(now: number, byForce: boolean): void {
    this.letGo?.();
    this.heardAt = now;
    this.tickedAt = now;
    this.askedAt = undefined;
    const { lock } = this.options;
    const current = { gone: false };
    const seeker = {
      held: (waited: boolean) => {
        if (!current.gone) this.lead(waited);
      },
      lost: () => {
        if (!current.gone) this.lose();
      },
    };
    const letGo = byForce ? lock.seize(seeker) : lock.seek(seeker);
    this.letGo = () => {
      current.gone = true;
      letGo();
    };
  }

  private lead(waited: boolean): void {
    // Later is higher, also for one that never heard of the leaders before it.
    this.term = Math.max(this.term + 1, Math.floor(Date.now()));
    this.leading = true;
    this.leader = this.options.tab;
    this.options.onLead(this.term, waited);
  }

  /** Another has the lock: stand in line again. */
  private lose(): void {
    this.endLead();
    this.seek(this.tickedAt, false);
  }

  private endLead(): void {
    if (!this.leading) return;
    this.leading = false;
    if (this.leader === this.options.tab) this.leader = "";
    this.options.onFollow();
  }
}
