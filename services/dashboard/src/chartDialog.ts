import { backfill } from "./backfill";
import { ChartControls } from "./chartControls";
import { pictureOf } from "./chartPicture";
import { type ChartChoice, readChoice, writeChoice } from "./chartRoute";
import { must, setText } from "./dom";
import { download, downloadCsv, fileName } from "./download";
import { LargeChart, type LargeLine } from "./largeChart";
import { LargeKey, valueText } from "./largeKey";
import { Paint } from "./paint";
import type { Palette } from "./palette";
import { currentRoute, go, onRoute } from "./route";
import { isPattern } from "./search";
import type { SensorRecord } from "./senml";
import type { Sensors } from "./sensors";
import { Traces } from "./traces";
import { Viewport } from "./viewport";
import { clockTime, minuteTime } from "./wording";

/** Slots are half a second and wider: drawing more often would show nothing new. */
const REST_MS = 250;

/** A key held moves on many times a second; words for each would never end. */
const REST_BEFORE_WORDS_MS = 400;

export interface ChartDialogOptions {
  readonly sensors: Sensors;
  readonly palette: () => Palette;
  /** The server's time in seconds. */
  readonly now: () => number;
  /** Which sensors are charted has changed. */
  readonly onCharted: () => void;
}

/** The large chart over the page. The address says what it shows, so it can be shared. */
export class ChartDialog {
  private choice: ChartChoice = readChoice(new URLSearchParams());
  private readonly dialog = must("large", HTMLDialogElement);
  private readonly place = must("large-plot", HTMLElement);
  private readonly key = new LargeKey(must("large-key", HTMLElement), (name) => this.remove(name));
  private readonly controls: ChartControls;
  private readonly paint = new Paint(() => this.chart?.draw(), REST_MS);
  private chart: LargeChart | undefined;
  private traces: Traces | undefined;
  private viewport = new Viewport(0);
  private lines: LargeLine[] = [];
  private asking = new AbortController();
  private speaking: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: ChartDialogOptions) {
    this.controls = new ChartControls(this.dialog, {
      choice: () => this.choice,
      choose: (change) => this.choose(change),
      chart: () => this.chart,
      names: () => Array.from(this.options.sensors.all(), ({ record }) => record.n),
      savePicture: () => void this.savePicture(),
      saveTable: () => this.saveTable(),
      onLook: () => this.speakSoon(),
    });
    // Escape closes a dialog by itself; the address follows.
    this.dialog.addEventListener("close", () => this.choose({ sensors: [] }));
    new ResizeObserver(() => this.chart?.resize()).observe(this.place);
    onRoute(({ query }) => this.show(readChoice(query)));
  }

  /** Shows what the address says: call it once, when the page is ready. */
  start(): void {
    this.show(readChoice(currentRoute().query));
  }

  get sensors(): readonly string[] {
    return this.choice.sensors;
  }

  open(name: string): void {
    this.choose({ sensors: [name] });
  }

  take(records: readonly SensorRecord[]): void {
    if (this.traces?.take(records) === true) this.paint.request();
    // A chart that was asked for by its address is built before its sensors are known.
    if (this.traces !== undefined && this.linesOf().some(differs(this.lines))) this.build();
  }

  /** A loss was told: the line breaks, and what is stored mends it. */
  breakLines(): void {
    this.traces?.breakLines();
    if (this.traces !== undefined) void this.load();
  }

  /** The window moves on even when nothing arrives. */
  tick(): void {
    if (this.chart === undefined) return;
    this.paint.request();
    this.write();
  }

  recolour(): void {
    if (this.traces !== undefined) this.build();
  }

  private choose(change: Partial<ChartChoice>): void {
    const route = currentRoute();
    const choice = { ...this.choice, ...change };
    go({ ...route, query: writeChoice(route.query, choice) });
  }

  private show(choice: ChartChoice): void {
    const before = this.choice;
    if (JSON.stringify(before) === JSON.stringify(choice)) return;
    this.choice = choice;
    if (choice.sensors.length === 0) this.close();
    else this.showOpen(before);
    this.options.onCharted();
  }

  private close(): void {
    this.asking.abort();
    this.chart?.destroy();
    this.chart = undefined;
    this.traces = undefined;
    this.viewport.follow();
    this.dialog.close();
  }

  private showOpen(before: ChartChoice): void {
    const { sensors, spanSeconds } = this.choice;
    if (!this.dialog.open) this.dialog.showModal();
    const same = before.sensors.join() === sensors.join() && before.spanSeconds === spanSeconds;
    if (!same || this.traces === undefined) {
      this.traces = new Traces(sensors, spanSeconds);
      if (this.viewport.spanSeconds !== spanSeconds) this.viewport = new Viewport(spanSeconds);
      void this.load();
    }
    this.build();
    this.controls.show(this.choice);
  }

  private async load(): Promise<void> {
    this.asking.abort();
    this.asking = new AbortController();
    const { signal } = this.asking;
    const { traces } = this;
    if (traces === undefined) return;
    const until = this.options.now();
    this.say("Loading stored readings …");
    const take = (readings: readonly SensorRecord[]) => {
      traces.backfill(readings);
      this.paint.request();
    };
    const span = { since: until - traces.spanSeconds, until };
    // No name at all would ask for every sensor's.
    const names = traces.sensors.filter(isPattern);
    const whole = names.length === 0 || (await backfill(names, span, take, signal));
    if (signal.aborted) return;
    if (whole) traces.mend();
    this.paint.request();
    this.say(whole ? "" : "Some older readings couldn't be had.");
  }

  private build(): void {
    const { traces } = this;
    if (traces === undefined) return;
    this.chart?.destroy();
    this.lines = this.linesOf();
    const palette = this.options.palette();
    this.key.build(this.lines, palette);
    this.chart = new LargeChart({
      place: this.place,
      lines: this.lines,
      thresholds: this.choice.thresholds,
      traces,
      viewport: this.viewport,
      palette,
      now: this.options.now,
      onLook: () => this.write(),
    });
    this.write();
  }

  private linesOf(): LargeLine[] {
    return this.choice.sensors.map((name) => {
      const record = this.options.sensors.get(name)?.record;
      return { name, unit: record?.u, steps: record?.vb !== undefined };
    });
  }

  /** The values under the crosshair, and what is looked at in words. */
  private write(): void {
    if (this.chart === undefined) return;
    const { time, values } = this.chart.reading();
    this.key.write(this.lines, values);
    setText(must("large-moment", HTMLElement), time === undefined ? "now" : clockTime(time * 1000));
    const { from, to } = this.chart.viewport.at(this.options.now());
    const title = this.choice.sensors.join(", ");
    setText(must("large-title", HTMLElement), title);
    const stretch = `from ${minuteTime(from * 1000)} to ${minuteTime(to * 1000)}`;
    this.place.setAttribute("aria-label", `Chart of ${title}, ${stretch}`);
    const live = must("large-live", HTMLButtonElement);
    live.setAttribute("aria-pressed", String(this.chart.viewport.follows));
  }

  /** Whoever moves the crosshair by keys hears what is under it, once they rest. */
  private speakSoon(): void {
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => {
      if (this.chart === undefined) return;
      const { time, values } = this.chart.reading();
      const told = this.lines.map(
        (line, index) => `${line.name} ${valueText(line, values[index])}`,
      );
      const words = [time === undefined ? "now" : clockTime(time * 1000), ...told].join(", ");
      setText(must("large-spoken", HTMLElement), words);
    }, REST_BEFORE_WORDS_MS);
  }

  private say(words: string): void {
    setText(must("large-note", HTMLElement), words);
  }

  private remove(name: string): void {
    this.choose({ sensors: this.choice.sensors.filter((other) => other !== name) });
  }

  private async savePicture(): Promise<void> {
    if (this.chart === undefined) return;
    const picture = await pictureOf({
      chart: this.chart.canvas,
      title: this.choice.sensors.join(", "),
      lines: this.lines,
      values: this.chart.reading().values,
      palette: this.options.palette(),
    });
    if (picture !== null) download(fileName("png"), picture);
  }

  private saveTable(): void {
    if (this.traces === undefined) return;
    downloadCsv(this.traces.csv(this.options.now()));
  }
}

function differs(lines: readonly LargeLine[]) {
  return ({ unit, steps }: LargeLine, index: number) => {
    return lines[index]?.unit !== unit || lines[index]?.steps !== steps;
  };
}
