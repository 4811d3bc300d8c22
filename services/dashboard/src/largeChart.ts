import uPlot from "uplot";
import { lineLook, roomyRange, timeAxis, valueAxis } from "./chartOptions";
import type { Palette } from "./palette";
import type { Traces } from "./traces";
import { unitSymbol } from "./unit";
import type { Stretch, Viewport } from "./viewport";

export interface LargeLine {
  readonly name: string;
  readonly unit: string | undefined;
  readonly steps: boolean;
}

/** Whether a line is drawn otherwise than the one of `lines` in its place. */
export function differs(lines: readonly LargeLine[]) {
  return ({ unit, steps }: LargeLine, index: number) => {
    return lines[index]?.unit !== unit || lines[index]?.steps !== steps;
  };
}

export interface LargeChartOptions {
  readonly place: HTMLElement;
  readonly lines: readonly LargeLine[];
  readonly thresholds: readonly number[];
  readonly traces: Traces;
  /** What of them is looked at; it outlives a chart that is drawn anew. */
  readonly viewport: Viewport;
  readonly palette: Palette;
  /** The server's time in seconds. */
  readonly now: () => number;
  /** The pointer moved. */
  readonly onLook: () => void;
  /** Another part is looked at. */
  readonly onMove: () => void;
}

const HEIGHT_MIN = 160;
const WHEEL = 1.2;

/** The large chart's drawing: pan, zoom, crosshair, thresholds; a scale to each unit. */
export class LargeChart {
  private readonly plot: uPlot;
  private readonly units: readonly string[];

  constructor(private readonly options: LargeChartOptions) {
    this.units = [...new Set(options.lines.map((line) => line.unit ?? ""))];
    const data = options.traces.window(options.now());
    this.plot = new uPlot({ ...this.dress(), ...this.size() }, data, options.place);
    this.plot.over.addEventListener("wheel", (event) => this.turn(event), { passive: false });
    this.plot.over.addEventListener("dblclick", () => this.follow());
  }

  get viewport(): Viewport {
    return this.options.viewport;
  }

  /** The canvas that was drawn on, for a picture. */
  get canvas(): HTMLCanvasElement {
    return this.plot.ctx.canvas;
  }

  /** Where the span ends (server's time, s). */
  get end(): number {
    return this.options.traces.end(this.options.now());
  }

  /** What is looked at. */
  get stretch(): Stretch {
    return this.viewport.at(this.end);
  }

  draw(): void {
    this.plot.setData(this.options.traces.window(this.options.now()));
  }

  resize(): void {
    const { width, height } = this.size();
    if (width !== this.plot.width || height !== this.plot.height) {
      this.plot.setSize({ width, height });
    }
  }

  follow(): void {
    this.viewport.follow();
    this.changed();
  }

  zoom(factor: number, centre?: number): void {
    this.viewport.zoom(factor, this.end, centre);
    this.changed();
  }

  pan(share: number): void {
    this.viewport.pan(share, this.end);
    this.changed();
  }

  /** Moves the crosshair by a share of what is looked at; it begins at the newest values. */
  look(share: number): void {
    const { from, to } = this.stretch;
    const begun =
      this.plot.cursor.idx == null ? to : this.plot.posToVal(this.plot.cursor.left ?? 0, "x");
    const time = Math.min(to, Math.max(from, begun + share * (to - from)));
    this.plot.setCursor({
      left: this.plot.valToPos(time, "x"),
      top: this.plot.over.clientHeight / 2,
    });
  }

  /** Time and values under the crosshair, or the newest ones. */
  reading(): { readonly time: number | undefined; readonly values: (number | undefined)[] } {
    const [times, ...lines] = this.plot.data;
    const index = this.plot.cursor.idx;
    const under = typeof index === "number";
    const from = under ? index : times.length - 1;
    return {
      time: under ? times[index] : undefined,
      values: lines.map((line) => lastNumber(line, from)),
    };
  }

  destroy(): void {
    this.plot.destroy();
  }

  private changed(): void {
    this.draw();
    this.options.onMove();
  }

  private size(): { width: number; height: number } {
    const { clientWidth, clientHeight } = this.options.place;
    return { width: Math.max(200, clientWidth), height: Math.max(HEIGHT_MIN, clientHeight) };
  }

  private dress(): Omit<uPlot.Options, "width" | "height"> {
    const { palette, lines, onLook } = this.options;
    const scales: uPlot.Scales = {
      x: {
        time: true,
        range: () => {
          const { from, to } = this.stretch;
          return [from, to];
        },
      },
    };
    for (const unit of this.units) scales[scaleOf(unit)] = { range: roomyRange };
    scales[scaleOf(this.units[0] ?? "")] = {
      range: (plot, min, max) => roomyRange(plot, ...this.reach(min, max)),
    };
    return {
      legend: { show: false },
      padding: [0.8 * palette.rem, 1.8 * palette.rem, 0, 0.3 * palette.rem],
      cursor: { drag: { x: true, y: false, setScale: false }, focus: { prox: 24 } },
      scales,
      hooks: {
        setCursor: [onLook],
        setSelect: [(plot) => this.select(plot)],
        draw: [(plot) => this.drawThresholds(plot)],
      },
      axes: [
        { ...timeAxis(palette), incrs: TIME_STEPS, space: 7 * palette.rem },
        ...this.valueAxes(),
      ],
      series: [{}, ...lines.map((line, index) => this.series(line, index))],
    };
  }

  /** A threshold that no line comes near is to be seen all the same. */
  private reach(min: number | null, max: number | null): [number | null, number | null] {
    const values = [min, max, ...this.options.thresholds].filter((value) => value !== null);
    return values.length === 0 ? [min, max] : [Math.min(...values), Math.max(...values)];
  }

  /** Two scales have an axis each, left and right; more would only confuse. */
  private valueAxes(): uPlot.Axis[] {
    return this.units.slice(0, 2).map((unit, index) => ({
      ...valueAxis(this.options.palette, unit || undefined),
      scale: scaleOf(unit),
      side: index === 0 ? 3 : 1,
      space: 3 * this.options.palette.rem,
      label: unitSymbol(unit) || " ",
      labelSize: 1.3 * this.options.palette.rem,
      labelFont: `${Math.round(0.78 * this.options.palette.rem)}px system-ui, sans-serif`,
      ...(index === 0 ? {} : { grid: { show: false } }),
    }));
  }

  private series(line: LargeLine, index: number): uPlot.Series {
    const look = lineLook({ label: line.name, steps: line.steps }, index, this.options.palette);
    return { ...look, scale: scaleOf(line.unit ?? ""), width: 2 };
  }

  private select(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < 4) return;
    const stretch = { from: plot.posToVal(left, "x"), to: plot.posToVal(left + width, "x") };
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.viewport.look(stretch, this.end);
    this.changed();
  }

  /** Turning zooms where the pointer is; sideways, or with Shift, it goes along. */
  private turn(event: WheelEvent): void {
    event.preventDefault();
    const along = event.deltaX !== 0 ? event.deltaX : event.shiftKey ? event.deltaY : 0;
    if (along !== 0) this.pan(along > 0 ? 0.1 : -0.1);
    else this.zoom(event.deltaY > 0 ? WHEEL : 1 / WHEEL, this.plot.posToVal(event.offsetX, "x"));
  }

  private drawThresholds(plot: uPlot): void {
    const scale = scaleOf(this.units[0] ?? "");
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = this.options.palette.limit;
    ctx.lineWidth = 1.5 * devicePixelRatio;
    ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
    for (const threshold of this.options.thresholds) {
      const y = plot.valToPos(threshold, scale, true);
      if (!(y >= bbox.top && y <= bbox.top + bbox.height)) continue;
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
    }
    ctx.restore();
  }
}

/** Seconds between two times on the axis. */
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900];

/** How far back the value at a moment may lie, in slots: sensors don't all speak at the same time. */
const SLOTS_BACK = 60;

/** A unit from outside must not be the name of the axis of time. */
function scaleOf(unit: string): string {
  return `in ${unit}`;
}

function lastNumber(line: ArrayLike<number | null | undefined>, from: number): number | undefined {
  for (let index = from; index >= Math.max(0, from - SLOTS_BACK); index--) {
    const value = line[index];
    if (typeof value === "number") return value;
    if (value === null) return undefined;
  }
  return undefined;
}
