import { make, must, setText } from "./dom";
import { describeFeed, type FeedFacts, stateOf, valuesMayBeOld } from "./feedState";
import type { LedgerPage, ToldGap } from "./ledger";
import { clockTime, delayText, plural } from "./wording";

/** Gaps listed; older ones stay in the ledger. */
const GAPS_SHOWN = 20;

/** The readings' connection in words: its state, place and delay, and every loss that was told. */
export class FeedView {
  private readonly pill = must("feed-state", HTMLElement);
  private readonly words = must("feed-words", HTMLElement);
  private readonly spoken = must("feed-spoken", HTMLElement);
  private readonly position = must("feed-position", HTMLElement);
  private readonly delay = must("feed-delay", HTMLElement);
  private readonly reconnects = must("feed-reconnects", HTMLElement);
  private readonly sensors = must("feed-sensors", HTMLElement);
  private readonly gaps = must("feed-gaps", HTMLDetailsElement);
  private readonly gapCount = must("feed-gap-count", HTMLElement);
  private readonly gapList = must("feed-gap-list", HTMLElement);
  private readonly readings = must("readings", HTMLElement);
  private gapsListed = 0;

  update(facts: FeedFacts, ledger: LedgerPage, delaySeconds: number | undefined): void {
    const state = stateOf(facts);
    this.pill.dataset["state"] = state;
    setText(this.words, describeFeed(facts, Date.now(), clockTime));
    // Without the countdown, which a screen reader would read out every second.
    setText(this.spoken, `Readings: ${state.replace("_", " ")}`);
    this.readings.dataset["old"] = String(valuesMayBeOld(state));
    setText(this.position, ledger.lastId ?? "–");
    setText(this.delay, state === "live" ? delayText(delaySeconds) : "–");
    setText(this.reconnects, String(ledger.reconnects));
    setText(this.sensors, String(ledger.sensors));
    if (ledger.gaps.length !== this.gapsListed) this.listGaps(ledger.gaps);
  }

  private listGaps(gaps: readonly ToldGap[]): void {
    this.gapsListed = gaps.length;
    this.gaps.hidden = false;
    setText(this.gapCount, `${plural(gaps.length, "gap")} told`);
    const newestFirst = gaps.slice(-GAPS_SHOWN).reverse();
    this.gapList.replaceChildren(...newestFirst.map((gap) => make("li", { text: gapText(gap) })));
  }
}

function gapText({ from, to, reason }: ToldGap): string {
  return `${from} to ${to}: ${reason.replaceAll("_", " ")}`;
}
