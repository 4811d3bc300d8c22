import { insertSorted, make } from "./dom";
import { nothingDrawn } from "./drawn";
import { compareNames } from "./sensorName";
import { SensorRow, type SparkSize } from "./sensorRow";
import type { Sensor } from "./sensors";

/** Rows written in one frame; the others wait for the next one. */
export const ROWS_PER_FRAME = 60;

/** Sparklines drawn in one frame: at 60 frames a second 600 of them, once a second each. */
export const SPARKS_PER_FRAME = 10;

/** A sparkline's column is six seconds wide, so drawing it more often would show nothing new. */
const SPARK_REST_SECONDS = 1;

/** Nearly on the screen: drawn by the time a slow scroll brings it there. */
const MARGIN = "160px";

export interface SensorsViewOptions {
  readonly container: HTMLElement;
  readonly lineColour: () => string;
  /** The reader wants to see more of a sensor. */
  readonly onOpen: (name: string) => void;
  /** Rows came onto the screen or left it: a frame may be due. */
  readonly onSeen: () => void;
  readonly onDevice: (device: string) => void;
}

/**
 * The newest value of each sensor, a card per device. Only rows on the screen are written, and only
 * so many in one frame, so what a frame costs doesn't grow with sensors or readings.
 */
export class SensorsView {
  readonly drawn = nothingDrawn();
  private readonly rows = new Map<Sensor, SensorRow>();
  private readonly byElement = new Map<Element, SensorRow>();
  private readonly cards = new Map<string, { card: HTMLElement; body: HTMLElement }>();
  /** Rows to write and to draw, the longest waiting first. */
  private readonly due = new Set<SensorRow>();
  private readonly undrawn = new Set<SensorRow>();
  private readonly watch: IntersectionObserver | undefined;
  private wanted: (sensor: Sensor) => boolean = () => true;
  /** All cards are as wide as each other, and so are their lines. */
  private sparkSize: SparkSize = { width: 70, height: 27 };

  constructor(private readonly options: SensorsViewOptions) {
    if (typeof ResizeObserver !== "undefined") {
      new ResizeObserver(() => this.measure()).observe(options.container);
    }
    if (typeof IntersectionObserver === "undefined") return;
    this.watch = new IntersectionObserver((seen) => this.see(seen), { rootMargin: MARGIN });
  }

  /** How many sensors are shown. */
  get shown(): number {
    return Array.from(this.rows.values()).filter((row) => !row.element.hidden).length;
  }

  /** Rows that still wait to be drawn. */
  get waiting(): boolean {
    return this.due.size + this.undrawn.size > 0;
  }

  /** Takes note of sensors that changed; what is on the screen is due to be written. */
  take(changed: Iterable<Sensor>, now: number): void {
    for (const sensor of changed) {
      let row = this.rows.get(sensor);
      if (row === undefined) {
        row = this.addRow(sensor);
        row.write(now);
      }
      if (!row.visible) continue;
      this.due.add(row);
      if (now - row.sparkedAt >= SPARK_REST_SECONDS) this.undrawn.add(row);
    }
  }

  /** Draws a frame's worth of what is due (server's time, s). */
  draw(now: number): void {
    const rows = takeFirst(this.due, ROWS_PER_FRAME);
    for (const row of rows) row.write(now);
    const sparks = takeFirst(this.undrawn, SPARKS_PER_FRAME);
    const colour = sparks.length > 0 ? this.options.lineColour() : "";
    for (const row of sparks) row.drawSpark(now, colour, this.sparkSize);
    this.count(rows, sparks);
  }

  /** Ages change without any reading, and lines move on: that is due to be drawn. */
  tick(now: number): void {
    for (const row of this.rows.values()) {
      if (!row.visible) continue;
      row.writeAge(now);
      if (row.hasMoved(now, this.sparkSize)) this.undrawn.add(row);
    }
  }

  /** Draws all of it, seen or not: for a printer, or after a change of colours. */
  drawAll(now: number): void {
    const colour = this.options.lineColour();
    for (const row of this.rows.values()) {
      row.write(now);
      row.drawSpark(now, colour, this.sparkSize);
    }
  }

  /** The cards are as wide as the page lets them; measured after a layout, so that it costs none. */
  private measure(): void {
    const shown = Array.from(this.rows.values()).find((row) => row.visible && !row.element.hidden);
    const size = shown?.sparkSize ?? this.sparkSize;
    if (size.width === this.sparkSize.width && size.height === this.sparkSize.height) return;
    this.sparkSize = size;
    for (const row of this.rows.values()) if (row.visible) this.undrawn.add(row);
    this.options.onSeen();
  }

  /** Shows only what is wanted; a device without any is left out. */
  filter(wanted: (sensor: Sensor) => boolean): void {
    this.wanted = wanted;
    for (const [sensor, row] of this.rows) row.element.hidden = !wanted(sensor);
    for (const { card, body } of this.cards.values()) {
      card.hidden = body.querySelector("tr:not([hidden])") === null;
    }
  }

  private see(seen: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of seen) {
      const row = this.byElement.get(target);
      if (row === undefined) continue;
      row.visible = isIntersecting;
      for (const queue of [this.due, this.undrawn]) {
        if (isIntersecting) queue.add(row);
        else queue.delete(row);
      }
    }
    this.options.onSeen();
  }

  private count(rows: readonly SensorRow[], sparks: readonly SensorRow[]): void {
    const { drawn } = this;
    if (rows.length + sparks.length > 0) drawn.frames += 1;
    drawn.rows += rows.length;
    drawn.mostRows = Math.max(drawn.mostRows, rows.length);
    drawn.sparks += sparks.length;
    drawn.mostSparks = Math.max(drawn.mostSparks, sparks.length);
    drawn.unseen += [...rows, ...sparks].filter((row) => !row.visible).length;
  }

  private addRow(sensor: Sensor): SensorRow {
    const row = new SensorRow(sensor, this.options.onOpen);
    const { card, body } = this.cardOf(sensor);
    const name = sensor.record.n;
    insertSorted(body, row.element, (sibling: HTMLElement) => {
      return compareNames(sibling.dataset["sensor"] ?? "", name) > 0;
    });
    row.element.hidden = !this.wanted(sensor);
    if (!row.element.hidden) card.hidden = false;
    this.rows.set(sensor, row);
    this.byElement.set(row.element, row);
    this.watch?.observe(row.element);
    return row;
  }

  private cardOf(sensor: Sensor): { card: HTMLElement; body: HTMLElement } {
    const { device } = sensor.parts;
    const known = this.cards.get(device);
    if (known !== undefined) return known;
    const body = make("tbody");
    const columns = ["Quantity and age", "Last five minutes", "Value and range"].map((text) =>
      make("th", { text, attributes: { scope: "col" } }),
    );
    const head = make("thead", { class: "unseen" }, make("tr", {}, ...columns));
    const widths = ["for-name", "for-line", "for-figure"].map((one) => make("col", { class: one }));
    const caption = make("caption", { text: device });
    const table = make("table", {}, caption, make("colgroup", {}, ...widths), head, body);
    const card = make("div", { class: "device card", testId: "device", data: { device } }, table);
    card.hidden = true;
    insertSorted(this.options.container, card, (sibling: HTMLElement) => {
      return compareNames(sibling.dataset["device"] ?? "", device) > 0;
    });
    this.cards.set(device, { card, body });
    this.options.onDevice(device);
    return { card, body };
  }
}

function takeFirst<T>(queue: Set<T>, count: number): T[] {
  const first: T[] = [];
  for (const item of queue) {
    if (first.length >= count) break;
    first.push(item);
    queue.delete(item);
  }
  return first;
}
