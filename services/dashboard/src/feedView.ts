import { pageTime } from "./clock";
import { entryText, roleText } from "./connectionWords";
import { make, must, setText } from "./dom";
import { describeFeed, stateOf, valuesMayBeOld } from "./feedState";
import type { ToldGap } from "./ledger";
import { StateStrip } from "./stateStrip";
import type { ConnectionEntry } from "./tabs/connectionLog";
import type { LiveFeed } from "./tabs/liveFeed";
import { clockTime, delayText, plural } from "./wording";

/** Gaps listed; older ones stay in the ledger. */
export const GAPS_SHOWN = 20;

/** Happenings listed, the newest first. */
export const ENTRIES_SHOWN = 50;

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
  private readonly role = must("feed-role", HTMLElement);
  private readonly rate = must("feed-rate", HTMLElement);
  private readonly log = must("feed-log-list", HTMLElement);
  private readonly strip = new StateStrip();
  private gapsListed = 0;
  private newestListed: ConnectionEntry | undefined;

  update({ facts, ledger, delay, role, tabs, maxHz, log }: LiveFeed): void {
    const state = stateOf(facts);
    this.pill.dataset["state"] = state;
    setText(this.words, describeFeed(facts, Date.now(), clockTime));
    // Without the countdown, which a screen reader would read out every second.
    setText(this.spoken, `Readings: ${state.replace("_", " ")}`);
    this.readings.dataset["old"] = String(valuesMayBeOld(state));
    setText(this.position, ledger.lastId ?? "–");
    setText(this.delay, state === "live" ? delayText(delay?.median) : "–");
    this.delay.title = delay === undefined ? "" : `95 % within ${delayText(delay.p95)}`;
    setText(this.role, roleText({ role, tabs }));
    setText(this.rate, maxHz === undefined ? "every reading" : `at most ${maxHz} events/s`);
    setText(this.reconnects, String(ledger.reconnects));
    setText(this.sensors, String(ledger.sensors));
    if (ledger.gaps.length !== this.gapsListed) this.listGaps(ledger.gaps);
    if (log.at(-1) !== this.newestListed) this.list(log);
    this.strip.update(log, pageTime());
  }

  private list(log: readonly ConnectionEntry[]): void {
    this.newestListed = log.at(-1);
    const newestFirst = log.slice(-ENTRIES_SHOWN).reverse();
    this.log.replaceChildren(
      ...newestFirst.map((entry) =>
        make(
          "li",
          { data: { kind: entry.kind } },
          make("time", { text: clockTime(entry.at) }),
          make("span", { text: entryText(entry) }),
        ),
      ),
    );
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
