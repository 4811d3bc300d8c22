import uPlot from "uplot";
import { chartOptions, type Line } from "./chartOptions";
import { make, setText } from "./dom";
import type { ChartPart } from "./overviewPicture";
import { lineColour, type Palette } from "./palette";
import { BREAK, lastSlot, type Ring } from "./ring";
import { asWords, compareNames } from "./sensorName";
import { type Sensor, WINDOW_SECONDS } from "./sensors";
import { showBare, unitSymbol } from "./unit";
import { clockTime } from "./wording";

/** Lines beyond this can't be told apart; the list of sensors has them all. */
export const LINES_MAX = 12;

const HEIGHT_MIN = 100;

/** How far back the value at a moment may lie: sensors don't all speak at the same time. */
const NEAR_SECONDS = 15;

/** A sensor that draws on a chart. */
export type Drawn = Sensor & { ring: Ring };

/** One chart: all sensors of a kind and unit, over the last minutes. */
export class KindChart {
  readonly element: HTMLElement;
  /** Whether it is on the screen: told by the first look, so not drawn by luck before it. */
  visible = false;
  private readonly plot = make("div", { class: "plot", attributes: { role: "img" } });
  private readonly key = make("ul", { class: "key" });
  private readonly moment = make("span", { class: "moment" });
  private readonly sensors: Drawn[] = [];
  private chart: uPlot | undefined;
  private keyValues: HTMLElement[] = [];
  private leftOut = 0;

  constructor(
    private readonly kind: string,
    private readonly unit: string | undefined,
    private readonly palette: () => Palette,
  ) {
    const heading = make("h3", { text: asWords(kind) });
    const symbol = make("span", { class: "unit", text: unitSymbol(unit ?? "") });
    this.element = make(
      "figure",
      { class: "chart card", testId: "chart", data: { kind, unit: unit ?? "" } },
      make("figcaption", {}, heading, symbol, this.moment),
      this.plot,
      this.key,
    );
  }

  add(sensor: Drawn): void {
    if (this.sensors.length >= LINES_MAX) {
      this.leftOut += 1;
    } else {
      this.sensors.push(sensor);
      this.sensors.sort((a, b) => compareNames(a.record.n, b.record.n));
    }
    // At once, and not when it is drawn: one off the screen is read out all the same.
    this.label();
    this.drop();
  }

  private label(): void {
    const unit = this.unit === undefined ? "" : ` in ${unitSymbol(this.unit)}`;
    const label = `${this.kind}${unit}, last five minutes, ${this.sensors.length} lines`;
    this.plot.setAttribute("aria-label", label);
  }

  /** What a picture shows of it; undefined until it was drawn. */
  get picture(): ChartPart | undefined {
    if (this.chart === undefined) return undefined;
    const lines = this.sensors.map(({ parts }, index) => ({
      name: parts.line,
      value: this.keyValues[index]?.textContent ?? "",
      colour: lineColour(this.palette(), index),
    }));
    const heading = [asWords(this.kind), unitSymbol(this.unit ?? "")].join("  ").trim();
    return { heading, canvas: this.chart.ctx.canvas, lines, leftOut: this.leftOut };
  }

  /** Draws the window that ends now (server's time, s). */
  draw(now: number): void {
    const data = this.window(now);
    if (this.chart === undefined) this.build(data);
    else this.chart.setData(data);
    this.writeKey();
  }

  /** Fits the drawing to its place. */
  resize(): void {
    if (this.plot.clientWidth > 0 && this.chart?.width !== this.plot.clientWidth) {
      this.chart?.setSize(this.size());
    }
  }

  private size(): { width: number; height: number } {
    const { clientWidth, clientHeight } = this.plot;
    return { width: Math.max(200, clientWidth), height: Math.max(HEIGHT_MIN, clientHeight) };
  }

  /** Forgets the drawing, so that the next one is made with new colours or lines. */
  drop(): void {
    this.chart?.destroy();
    this.chart = undefined;
  }

  private window(now: number): uPlot.AlignedData {
    const rings = this.sensors.map((sensor) => sensor.ring);
    const seconds = rings[0]?.slotSeconds ?? 1;
    const count = WINDOW_SECONDS / seconds;
    const to = lastSlot(Math.floor(now / seconds), count, this.sensors);
    const times = Array.from({ length: count + 1 }, (_, i) => (to - count + i) * seconds);
    return [times, ...rings.map((ring) => ring.line(to - count, to))];
  }

  private build(data: uPlot.AlignedData): void {
    const look = chartOptions(this.lines(), this.unit, this.palette(), () => this.writeKey());
    this.chart = new uPlot({ ...look, ...this.size() }, data, this.plot);
    this.buildKey();
  }

  private lines(): Line[] {
    return this.sensors.map((sensor) => ({
      label: sensor.parts.line,
      steps: sensor.record.vb !== undefined,
    }));
  }

  private buildKey(): void {
    this.keyValues = this.sensors.map(() => make("span", { class: "key-value" }));
    const items = this.sensors.map((sensor, index) => {
      const swatch = make("i", { class: "swatch" });
      swatch.style.backgroundColor = lineColour(this.palette(), index);
      const name = make("bdi", { text: sensor.parts.line });
      const value = this.keyValues[index] ?? make("span");
      return make("li", { attributes: { title: sensor.record.n } }, swatch, name, value);
    });
    if (this.leftOut > 0) items.push(make("li", { text: `and ${this.leftOut} not drawn` }));
    this.key.replaceChildren(...items);
  }

  private showValue(sensor: Sensor, value: number): string {
    if (sensor.record.vb !== undefined) return value === 0 ? "off" : "on";
    return showBare(value, this.unit);
  }

  /** The values under the pointer, or the newest. */
  private writeKey(): void {
    const index = this.chart?.cursor.idx;
    const time = typeof index === "number" ? this.chart?.data[0][index] : undefined;
    setText(this.moment, time === undefined ? "" : clockTime(time * 1000));
    for (const [line, sensor] of this.sensors.entries()) {
      const { ring } = sensor;
      const cell = this.keyValues[line];
      const value = valueAt(ring, time === undefined ? ring.newestSlot : ring.slotOf(time));
      if (cell !== undefined) {
        setText(cell, value === undefined ? "–" : this.showValue(sensor, value));
      }
    }
  }
}

function valueAt(ring: Ring, slot: number): number | undefined {
  const reach = NEAR_SECONDS / ring.slotSeconds;
  for (let back = 0; back < reach; back++) {
    const point = ring.at(slot - back);
    if (typeof point === "number") return point;
    if (point === BREAK && back > 0) return undefined;
  }
  return undefined;
}
