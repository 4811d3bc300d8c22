import { make, must } from "./dom";
import { liveShare, type Stretch, stretchesOf } from "./stretches";
import type { ConnectionEntry } from "./tabs/connectionLog";
import { clockTime, minuteTime } from "./wording";

/** How far back it is drawn. */
const SPAN_MS = 15 * 60_000;

const PERCENT = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });

/**
 * The connection's last quarter of an hour, drawn: a stretch for each state, a mark for each gap.
 * They lie on a band that is moved on as a whole, so that what happened once is drawn once.
 */
export class StateStrip {
  private readonly place = must("feed-strip", HTMLElement);
  private readonly band = make("div", { class: "band" });
  private readonly marks = new Map<string, HTMLElement>();
  /** Page time (ms) at the band's left edge. */
  private begin: number | undefined;

  constructor() {
    this.place.replaceChildren(this.band);
  }

  /** `now` in page time (ms). */
  update(log: readonly ConnectionEntry[], now: number): void {
    const from = now - SPAN_MS;
    this.label(stretchesOf(log, from, now));
    this.begin ??= from;
    setStyle(this.band, "left", -share(from - this.begin));
    const wanted = new Map(marksOf(log, from, now).map((mark) => [mark.key, mark]));
    for (const [key, element] of this.marks) {
      if (wanted.has(key)) continue;
      element.remove();
      this.marks.delete(key);
    }
    for (const mark of wanted.values()) this.draw(mark, this.begin);
  }

  private draw({ key, state, from, to, title }: Mark, begin: number): void {
    let element = this.marks.get(key);
    if (element === undefined) {
      element = make("i", { data: { state }, attributes: { title } });
      setStyle(element, "left", share(from - begin));
      this.band.append(element);
      this.marks.set(key, element);
    }
    // Its end is known once the next one begins; a quarter of an hour of it is all that is seen.
    setStyle(element, "width", share(to - from));
  }

  private label(stretches: readonly Stretch[]): void {
    const [first] = stretches;
    const since = first === undefined ? "" : ` since ${minuteTime(first.from)}`;
    const label = `Live ${PERCENT.format(liveShare(stretches))} of the time${since}`;
    if (this.place.getAttribute("aria-label") !== label) {
      this.place.setAttribute("aria-label", label);
    }
  }
}

/** What is drawn of a happening; times in page time (ms). */
interface Mark {
  /** The same as long as it is the same happening. */
  readonly key: string;
  readonly state: string;
  readonly from: number;
  readonly to: number;
  readonly title: string;
}

/** What of the log reaches beyond `from`, stretches before the gaps that lie on them. */
function marksOf(log: readonly ConnectionEntry[], from: number, now: number): readonly Mark[] {
  const stretches = stretchesOf(log, Number.NEGATIVE_INFINITY, now).filter(({ to }) => to > from);
  const gaps = log.filter(({ kind, at }) => kind === "gap" && at >= from);
  return [
    ...stretches.map((stretch) => ({
      ...stretch,
      key: `${stretch.from}`,
      title: `${stretch.state.replaceAll("_", " ")} from ${clockTime(stretch.from)}`,
    })),
    ...gaps.map(({ at }) => ({
      key: `gap ${at}`,
      state: "told",
      from: at,
      to: at,
      title: `gap told at ${clockTime(at)}`,
    })),
  ];
}

/** Percent of the strip, to the second: nothing finer is seen. */
function share(ms: number): number {
  return (Math.round(ms / 1000) * 100_000) / SPAN_MS;
}

function setStyle(element: HTMLElement, name: "left" | "width", percent: number): void {
  const text = `${percent}%`;
  if (element.style[name] !== text) element.style[name] = text;
}
