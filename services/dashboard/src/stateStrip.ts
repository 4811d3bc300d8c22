import { make, must } from "./dom";
import { liveShare, type Stretch, stretchesOf } from "./stretches";
import type { ConnectionEntry } from "./tabs/connectionLog";
import { clockTime, minuteTime } from "./wording";

/** How far back it is drawn. */
const SPAN_MS = 15 * 60_000;

const PERCENT = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });

/** The connection's last quarter of an hour, drawn: a stretch for each state, a mark for each gap. */
export class StateStrip {
  private readonly place = must("feed-strip", HTMLElement);
  private drawn = "";

  /** `now` in page time (ms). */
  update(log: readonly ConnectionEntry[], now: number): void {
    const from = now - SPAN_MS;
    const stretches = stretchesOf(log, from, now);
    const gaps = log.filter(({ kind, at }) => kind === "gap" && at >= from);
    this.label(stretches);
    // Drawn in whole seconds: nothing finer is seen, and most of the time nothing changes.
    const marks = [...stretches.map(markOf(from)), ...gaps.map((gap) => gapMark(gap, from))];
    const text = JSON.stringify(marks);
    if (text === this.drawn) return;
    this.drawn = text;
    this.place.replaceChildren(...marks.map(drawMark));
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

interface Mark {
  readonly state: string;
  readonly left: number;
  readonly width: number;
  readonly title: string;
}

function markOf(begin: number) {
  return ({ state, from, to }: Stretch): Mark => ({
    state,
    left: share(from - begin),
    width: share(to - from),
    title: `${state.replaceAll("_", " ")} from ${clockTime(from)}`,
  });
}

function gapMark({ at }: ConnectionEntry, begin: number): Mark {
  return {
    state: "told",
    left: share(at - begin),
    width: 0,
    title: `gap told at ${clockTime(at)}`,
  };
}

/** Percent of the strip, to the second. */
function share(ms: number): number {
  return (Math.round(ms / 1000) * 100_000) / SPAN_MS;
}

function drawMark({ state, left, width, title }: Mark): HTMLElement {
  const mark = make("i", { data: { state }, attributes: { title } });
  mark.style.left = `${left}%`;
  mark.style.width = `${width}%`;
  return mark;
}
