import uPlot from "uplot";
import { lineColour, lineDash, type Palette } from "./palette";
import { bytesText, isBytes, showBare } from "./unit";
import { clockTime, minuteTime } from "./wording";

export interface Line {
  readonly label: string;
  /** Truth values hold until they change; a slope between them would be a lie. */
  readonly steps: boolean;
}

export const FAMILY = 'system-ui, -apple-system, "Segoe UI", sans-serif';

/** By their decimals; making a format takes longer than drawing an axis. */
const AXIS_NUMBERS = [0, 1, 2, 3, 4, 5, 6].map(
  (n) => new Intl.NumberFormat(undefined, { minimumFractionDigits: n, maximumFractionDigits: n }),
);

/** Steps of an axis of bytes: round in its prefixes, up to a pebibyte. */
const POWERS_OF_TWO = Array.from({ length: 51 }, (_, power) => 2 ** power);

/** A chart's look; its size and data come with them. */
export function chartOptions(
  lines: readonly Line[],
  unit: string | undefined,
  palette: Palette,
  onPointer: () => void,
): Omit<uPlot.Options, "width" | "height"> {
  const onOff = lines.every((line) => line.steps);
  return {
    legend: { show: false },
    padding: [0.6 * palette.rem, 1.8 * palette.rem, 0, 0],
    // One moment across all charts; no zoom, because the window moves on under it.
    cursor: { y: false, drag: { x: false, y: false }, sync: { key: "airwave" } },
    scales: {
      x: { time: true, range: (_, min, max) => [min, max] },
      y: { range: onOff ? [-0.15, 1.15] : roomyRange },
    },
    hooks: { setCursor: [onPointer] },
    axes: [timeAxis(palette), onOff ? onOffAxis(palette) : valueAxis(palette, unit)],
    series: [{}, ...lines.map((line, index) => lineLook(line, index, palette))],
  };
}

export function lineLook(line: Line, index: number, palette: Palette): uPlot.Series {
  const stepped = line.steps ? uPlot.paths.stepped?.({ align: 1 }) : undefined;
  return {
    label: line.label,
    stroke: lineColour(palette, index),
    dash: lineDash(index),
    width: 1.5,
    points: { show: false },
    ...(stepped === undefined ? {} : { paths: stepped }),
  };
}

export function timeAxis(palette: Palette): uPlot.Axis {
  const values = (_: uPlot, splits: number[]) => {
    const text = splits.every((at) => at % 60 === 0) ? minuteTime : clockTime;
    return splits.map((at) => text(at * 1000));
  };
  return {
    ...axisLook(palette),
    size: 1.8 * palette.rem,
    space: 4.5 * palette.rem,
    incrs: [60, 120, 300],
    values,
  };
}

export function valueAxis(palette: Palette, unit: string | undefined): uPlot.Axis {
  const values: uPlot.Axis.DynamicValues = (_, splits, __, ___, step) => {
    if (isBytes(unit)) return splits.map((at) => bytesText(at, unit));
    const isPlain = step >= 1e-6 && step < 1e6;
    return isPlain ? axisNumbers(splits, step) : splits.map((at) => showBare(at, unit));
  };
  const look = { ...axisLook(palette), values };
  return isBytes(unit)
    ? { ...look, size: 4.7 * palette.rem, incrs: POWERS_OF_TWO }
    : { ...look, size: 3.6 * palette.rem };
}

function onOffAxis(palette: Palette): uPlot.Axis {
  return { ...axisLook(palette), size: 2.8 * palette.rem, splits: [0, 1], values: ["off", "on"] };
}

/** Numbers on an axis, with the decimals that its steps need and no more. */
export function axisNumbers(splits: readonly number[], step: number): string[] {
  const decimals = [0, 1, 2, 3, 4, 5, 6].find((n) => Number.isInteger(round(step * 10 ** n))) ?? 6;
  return splits.map((at) => AXIS_NUMBERS[decimals]?.format(at) ?? at.toFixed(decimals));
}

/** Without what binary fractions leave behind: 0.29 * 100 is 28.999999999999996. */
function round(value: number): number {
  return Number(value.toPrecision(9));
}

function axisLook(palette: Palette): uPlot.Axis {
  return {
    stroke: palette.text,
    font: `${Math.round(0.72 * palette.rem)}px ${FAMILY}`,
    grid: { stroke: palette.grid, width: 1 },
    ticks: { show: false },
    gap: 6,
  };
}

/** Some room around the lines, and a sane height for a line that doesn't move at all. */
export function roomyRange(_: uPlot, min: number | null, max: number | null): uPlot.Range.MinMax {
  if (min === null || max === null || !Number.isFinite(min) || !Number.isFinite(max)) return [0, 1];
  const spread = max - min || Math.abs(max) * 0.1 || 1;
  // What never was negative isn't shown as if it could be.
  const floor = min >= 0 ? 0 : Number.NEGATIVE_INFINITY;
  return [Math.max(floor, min - spread * 0.12), max + spread * 0.12];
}
