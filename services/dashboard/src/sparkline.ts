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

/** Draws it in device pixels, or wipes what is there; a line that doesn't move lies in the middle. */
export function drawSpark(
  canvas: HTMLCanvasElement,
  spark: Spark | undefined,
  colour: string,
): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const { width, height } = canvas;
  context.clearRect(0, 0, width, height);
  if (spark === undefined) return;
  context.strokeStyle = colour;
  context.lineWidth = Math.max(1.25, height / 18);
  context.lineJoin = "round";
  context.lineCap = "round";
  context.beginPath();
  const end = trace(context, spark, width, height);
  context.stroke();
  if (end === undefined) return;
  // Where it is now, which the eye finds first.
  context.fillStyle = colour;
  context.beginPath();
  context.arc(end.x, end.y, height / 13, 0, 2 * Math.PI);
  context.fill();
}

/** Quiet columns are passed over: most sensors speak less often than a column is wide. Tells its end. */
function trace(
  context: CanvasRenderingContext2D,
  { low, high, min, max }: Spark,
  width: number,
  height: number,
): { x: number; y: number } | undefined {
  const pad = height * 0.14;
  const scale = max > min ? (height - 2 * pad) / (max - min) : 0;
  const y = (value: number) => (scale === 0 ? height / 2 : height - pad - (value - min) * scale);
  const step = (width - pad) / low.length;
  let end: { x: number; y: number } | undefined;
  for (const [column, bottom] of low.entries()) {
    if (Number.isNaN(bottom)) continue;
    const x = (column + 0.5) * step;
    const top = high[column] ?? bottom;
    if (end === undefined) context.moveTo(x, y(bottom));
    else context.lineTo(x, y(bottom));
    if (top > bottom) context.lineTo(x, y(top));
    end = { x, y: y(top) };
  }
  return end;
}
