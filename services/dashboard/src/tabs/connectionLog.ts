import type { FeedState } from "../feedState";
import type { Role } from "./liveFeed";

/** What happened to the readings' connection; `at` is page time in milliseconds (Unix epoch). */
export type ConnectionEntry = { readonly at: number } & Happening;

export type Happening =
  | { readonly kind: "state"; readonly state: FeedState; readonly before: FeedState }
  | { readonly kind: "reconnect"; readonly resumed: boolean; readonly position: string | null }
  | { readonly kind: "gap"; readonly from: string; readonly to: string; readonly reason: string }
  | { readonly kind: "role"; readonly role: Role; readonly before: Role }
  /** Another tab leads from now on. */
  | { readonly kind: "leader"; readonly leader: string }
  /** `maxHz` null: every reading. */
  | { readonly kind: "rate"; readonly maxHz: number | null; readonly why: string }
  | { readonly kind: "filter"; readonly patterns: readonly string[] };

export const ENTRIES_KEPT = 200;

/** The last happenings, oldest first. */
export class ConnectionLog {
  readonly entries: ConnectionEntry[] = [];

  constructor(
    private readonly now: () => number,
    private readonly onEntry: (entry: ConnectionEntry) => void = () => {},
  ) {}

  note(happening: Happening): void {
    const entry = { at: this.now(), ...happening };
    this.entries.push(entry);
    if (this.entries.length > ENTRIES_KEPT) this.entries.shift();
    this.onEntry(entry);
  }
}
