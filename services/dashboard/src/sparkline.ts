import type { Ring } from "./ring";

/** A sparkline's points and the extremes of its window; NaN in a column that holds no value. */
export interface Spark {
  readonly low: Float32Array;
  readonly high: Float32Array;
  readonly min: number;
  readonly max: number;
}

/**
 * The window of `slots` that ends at slot `to`, in so many columns: each keeps its lowest and its
 * highest value, so that a peak is seen however narrow the line is. Undefined while it is empty.
 */
export function sparkOf(ring: Ring, to: number, slots: number, columns: number): Spark | undefined {
  const low = new Float32Array(columns).fill(Number.NaN);
  const high = new Float32Array(columns).fill(Number.NaN);
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < slots; i++) {
    const value = ring.at(to - slots + 1 + i);
    if (typeof value !== "number") continue;
    const column = Math.floor((i * columns) / slots);
    min = Math.min(min, value);
    max = Math.max(max, value);
    // A comparison with NaN is false: the first value of a column always stays.
    if (!((low[column] ?? 0) <= value)) low[column] = value;
    if (!((high[column] ?? 0) >= value)) high[column] = value;
  }
  return min <= max ? { low, high, min, max } : undefined;
}

/** Draws it in device pixels; a line that doesn't move lies in the middle. */
export function drawSpark(canvas: HTMLCanvasElement, spark: Spark, colour: string): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const { width, height } = canvas;
  context.clearRect(0, 0, width, height);
  context.strokeStyle = colour;
  context.lineWidth = Math.max(1.25, height / 18);
  context.lineJoin = "round";
  context.lineCap = "round";
  context.beginPath();
  trace(context, spark, width, height);
  context.stroke();
}

/** Quiet columns are passed over: most sensors speak less often than a column is wide. */
function trace(
  context: CanvasRenderingContext2D,
  { low, high, min, max }: Spark,
  width: number,
  height: number,
): void {
  const pad = height * 0.12;
  const scale = max > min ? (height - 2 * pad) / (max - min) : 0;
  const y = (value: number) => (scale === 0 ? height / 2 : height - pad - (value - min) * scale);
  const step = width / low.length;
  let begun = false;
  for (const [column, bottom] of low.entries()) {
    if (Number.isNaN(bottom)) continue;
    const x = (column + 0.5) * step;
    const top = high[column] ?? bottom;
    if (begun) context.lineTo(x, y(bottom));
    else context.moveTo(x, y(bottom));
    begun = true;
    if (top > bottom) context.lineTo(x, y(top));
  }
}
