import { insertSorted, must } from "./dom";
import { type Drawn, KindChart } from "./kindChart";
import type { ChartPart } from "./overviewPicture";
import { Paint } from "./paint";
import type { Palette } from "./palette";
import { compareNames } from "./sensorName";
import type { Sensor } from "./sensors";

/** Kinds come from names, and names from outside: a device can't make a chart for each lie. */
export const CHARTS_MAX = 24;

/** Slots last half a second, so drawing more often than this would show nothing new. */
const REST_MS = 250;

/** One chart per kind and unit, drawn together at most four times a second. */
export class Charts {
  private readonly byKind = new Map<string, KindChart>();
  private readonly known = new Set<Sensor>();
  private readonly paint = new Paint(() => this.draw(), REST_MS);
  private readonly watch = new IntersectionObserver((seen) => this.see(seen));
  private readonly resized = new ResizeObserver(() => this.resize());

  /** `now`: the server's time in seconds. */
  constructor(
    private readonly container: HTMLElement,
    private readonly now: () => number,
    private readonly palette: () => Palette,
  ) {
    this.resized.observe(container);
  }

  /** Gives new sensors their place, and draws soon. */
  update(changed: Iterable<Sensor>): void {
    for (const sensor of changed) {
      if (this.known.has(sensor) || !isDrawn(sensor)) continue;
      this.known.add(sensor);
      this.chartOf(sensor)?.add(sensor);
    }
    this.request();
  }

  /** The window moves on even when nothing arrives. */
  request(): void {
    if (this.byKind.size > 0) this.paint.request();
  }

  /** Draws all of them now, seen or not: a printer waits for no frame. */
  drawAll(): void {
    const now = this.now();
    for (const chart of this.byKind.values()) chart.draw(now);
  }

  /** What a picture shows of all of them, drawn now, in the page's order. */
  async pictures(): Promise<readonly ChartPart[]> {
    this.drawAll();
    // What was drawn is on the canvas with the next microtask (uPlot's `commit`).
    await Promise.resolve();
    const charts = Array.from(this.byKind.values());
    return Array.from(this.container.children).flatMap((element) => {
      return charts.find((chart) => chart.element === element)?.picture ?? [];
    });
  }

  private draw(): void {
    const now = this.now();
    for (const chart of this.byKind.values()) if (chart.visible) chart.draw(now);
  }

  /** Draws only what is on the screen. */
  private see(seen: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of seen) {
      for (const chart of this.byKind.values()) {
        if (chart.element === target) chart.visible = isIntersecting;
      }
    }
    this.request();
  }

  private resize(): void {
    for (const chart of this.byKind.values()) chart.resize();
  }

  /** The colours are others now. */
  recolour(): void {
    for (const chart of this.byKind.values()) chart.drop();
    this.request();
  }

  private chartOf(sensor: Drawn): KindChart | undefined {
    const { kind } = sensor.parts;
    const unit = sensor.record.u;
    const key = `${kind} ${unit ?? ""}`;
    const known = this.byKind.get(key);
    if (known !== undefined) return known;
    if (this.byKind.size >= CHARTS_MAX) {
      must("charts-full", HTMLElement).hidden = false;
      return undefined;
    }
    const chart = new KindChart(kind, unit, this.palette);
    this.byKind.set(key, chart);
    this.watch.observe(chart.element);
    insertSorted(this.container, chart.element, (sibling: HTMLElement) => {
      return compareNames(sibling.dataset["kind"] ?? "", kind) > 0;
    });
    must("charts-section", HTMLElement).hidden = false;
    return chart;
  }
}

function isDrawn(sensor: Sensor): sensor is Drawn {
  return sensor.ring !== undefined;
}
