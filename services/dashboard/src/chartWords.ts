import { must, setText } from "./dom";
import type { LargeChart, LargeLine } from "./largeChart";
import { type LargeKey, valueText } from "./largeKey";
import { clockTime, dayTime, minuteTime } from "./wording";

/** A key held moves on many times a second; words for each would never end. */
const REST_BEFORE_WORDS_MS = 400;

/** What is written around the large chart and read out of it: values, moment, stretch. */
export class ChartWords {
  private readonly place = must("large-plot", HTMLElement);
  private readonly title = must("large-title", HTMLElement);
  private readonly moment = must("large-moment", HTMLElement);
  private readonly live = must("large-live", HTMLButtonElement);
  private speaking: ReturnType<typeof setTimeout> | undefined;

  /** `now`: the server's time in seconds. */
  constructor(
    private readonly key: LargeKey,
    private readonly now: () => number,
  ) {}

  /** The values under the crosshair, and what is looked at. */
  write(chart: LargeChart, lines: readonly LargeLine[], title: string): void {
    this.key.write(lines, chart.reading().values);
    setText(this.moment, this.momentOf(chart));
    setText(this.title, title);
    const { from, to } = chart.stretch;
    const day = (seconds: number) => dayTime(seconds * 1000, this.now() * 1000, minuteTime);
    this.place.setAttribute("aria-label", `Chart of ${title}, from ${day(from)} to ${day(to)}`);
    this.live.setAttribute("aria-pressed", String(chart.viewport.follows));
  }

  /** Whoever moves the crosshair by keys hears what is under it, once they rest. */
  speakSoon(chart: LargeChart, lines: readonly LargeLine[]): void {
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => {
      const { values } = chart.reading();
      const told = lines.map((line, index) => `${line.name} ${valueText(line, values[index])}`);
      setText(must("large-spoken", HTMLElement), [this.momentOf(chart), ...told].join(", "));
    }, REST_BEFORE_WORDS_MS);
  }

  say(words: string): void {
    setText(must("large-note", HTMLElement), words);
  }

  /** The crosshair's, or the newest: that isn't now where the chart shows another time. */
  private momentOf(chart: LargeChart): string {
    const { time } = chart.reading();
    const now = this.now();
    const shown = time ?? chart.end;
    if (time === undefined && Math.abs(shown - now) < FRESH_SECONDS) return "now";
    return dayTime(shown * 1000, now * 1000, clockTime);
  }
}

/** An end this close to now is now: slots are up to three seconds wide, and clocks differ. */
const FRESH_SECONDS = 10;
