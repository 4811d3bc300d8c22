import { ChartControls } from "./chartControls";
import { pictureOf } from "./chartPicture";
import { type ChartChoice, readChoice, roundPart, writeChoice } from "./chartRoute";
import { ChartWords } from "./chartWords";
import { must } from "./dom";
import { download, downloadCsv, fileName } from "./download";
import { differs, LargeChart, type LargeLine } from "./largeChart";
import { LargeKey } from "./largeKey";
import { Paint } from "./paint";
import type { Palette } from "./palette";
import { currentRoute, go, onRoute } from "./route";
import type { SensorRecord } from "./senml";
import type { Sensors } from "./sensors";
import { TraceFill } from "./traceFill";
import { type Traces, tracesOf } from "./traces";
import { type Stretch, Viewport } from "./viewport";

/** Slots are half a second and wider: drawing more often would show nothing new. */
const REST_MS = 250;

/** A wheel turns many times a second; browsers refuse an address that is changed that often. */
const REST_BEFORE_ADDRESS_MS = 400;

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
  private readonly words: ChartWords;
  private readonly paint = new Paint(() => this.chart?.draw(), REST_MS);
  private chart: LargeChart | undefined;
  private traces: Traces | undefined;
  private fill: TraceFill | undefined;
  private viewport = new Viewport(0);
  private lines: LargeLine[] = [];
  private addressing: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: ChartDialogOptions) {
    this.words = new ChartWords(this.key, options.now);
    this.controls = new ChartControls(this.dialog, {
      choice: () => this.choice,
      choose: (change) => this.choose(change),
      chart: () => this.chart,
      names: () => Array.from(this.options.sensors.all(), ({ record }) => record.n),
      savePicture: () => void this.savePicture(),
      saveTable: () => this.saveTable(),
      onLook: () => this.chart && this.words.speakSoon(this.chart, this.lines),
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
    void this.fill?.load();
  }

  /** The window moves on even when nothing arrives. */
  tick(): void {
    const { traces, viewport } = this;
    if (this.chart === undefined || traces === undefined) return;
    const { part } = viewport;
    // What is looked at stays; without this the span would move on and drag it along.
    if (part !== undefined && !traces.reaches(part, this.options.now())) {
      traces.hold(part.from + traces.spanSeconds);
    }
    this.fill?.tick();
    this.paint.request();
    this.write();
  }

  recolour(): void {
    if (this.traces !== undefined) this.build();
  }

  private choose(change: Partial<ChartChoice>): void {
    const route = currentRoute();
    // Of another span another part would be looked at.
    const part = change.spanSeconds === undefined ? roundPart(this.viewport.part) : undefined;
    const choice = { ...this.choice, part, ...change };
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
    clearTimeout(this.addressing);
    this.fill?.stop();
    this.chart?.destroy();
    this.chart = undefined;
    this.traces = undefined;
    this.fill = undefined;
    this.viewport.follow();
    this.dialog.close();
  }

  private showOpen(before: ChartChoice): void {
    const { sensors, spanSeconds, part } = this.choice;
    if (!this.dialog.open) this.dialog.showModal();
    const same = before.sensors.join() === sensors.join() && before.spanSeconds === spanSeconds;
    const isThere = same && this.traces !== undefined && this.isIn(this.traces, part);
    if (!isThere) this.begin();
    this.look(part);
    this.build();
    this.controls.show(this.choice);
  }

  /** Whether the lines that are there have what is to be looked at. */
  private isIn(traces: Traces, part: Stretch | undefined): boolean {
    if (part === undefined) return !traces.isHeld;
    return traces.reaches(part, this.options.now());
  }

  /** New lines, filled with what is known and what is stored. */
  private begin(): void {
    const { sensors, now } = this.options;
    const { spanSeconds } = this.choice;
    const traces = tracesOf(this.choice, sensors, now());
    this.traces = traces;
    if (this.viewport.spanSeconds !== spanSeconds) this.viewport = new Viewport(spanSeconds);
    this.fill?.stop();
    this.fill = new TraceFill({
      traces,
      now,
      onFilled: () => this.chart?.draw(),
      say: (words) => this.words.say(words),
    });
    void this.fill.load();
  }

  private look(part: Stretch | undefined): void {
    if (part === undefined) this.viewport.follow();
    else this.viewport.look(part, this.traces?.end(this.options.now()) ?? part.to);
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
      onMove: () => this.moved(),
    });
    this.write();
  }

  private linesOf(): LargeLine[] {
    return this.choice.sensors.map((name) => {
      const record = this.options.sensors.get(name)?.record;
      return { name, unit: record?.u, steps: record?.vb !== undefined };
    });
  }

  private write(): void {
    if (this.chart === undefined) return;
    this.words.write(this.chart, this.lines, this.choice.sensors.join(", "));
  }

  /** Another part is looked at: once that rests, the address says so. */
  private moved(): void {
    clearTimeout(this.addressing);
    if (this.viewport.follows && this.traces?.isHeld === true) {
      this.address();
      this.begin();
      this.build();
      return;
    }
    this.write();
    this.addressing = setTimeout(() => this.address(), REST_BEFORE_ADDRESS_MS);
  }

  /** What is shown already, so that the chart isn't made anew, in the same place of history. */
  private address(): void {
    this.choice = { ...this.choice, part: roundPart(this.viewport.part) };
    const route = currentRoute();
    go({ ...route, query: writeChoice(route.query, this.choice) }, { replace: true });
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
