import { FAMILY } from "./chartOptions";
import type { Palette } from "./palette";

/** What a picture shows of one chart. */
export interface ChartPart {
  readonly heading: string;
  readonly canvas: HTMLCanvasElement;
  readonly lines: readonly PictureLine[];
  /** Lines that the chart doesn't draw. */
  readonly leftOut: number;
}

interface PictureLine {
  readonly name: string;
  readonly value: string;
  readonly colour: string;
}

interface Place {
  readonly x: number;
  readonly y: number;
}

interface Layout {
  readonly width: number;
  readonly height: number;
  readonly places: readonly Place[];
  /** How much smaller it is drawn than on the screen (1: not at all). */
  readonly shrink: number;
}

/** Pixels of a picture: as many as a phone's browser draws on (Safari on iOS: 4096 by 4096). */
export const AREA_MAX = 4096 * 4096;

const COLUMNS = 3;
const ROW = 22;
const PAD = 16;

/** Charts side by side, each with its heading above and its key below; `scale` as on the screen. */
export function layoutOf(parts: readonly ChartPart[], scale: number): Layout {
  const columns = Math.min(COLUMNS, parts.length);
  const [row, pad] = [ROW * scale, PAD * scale];
  const cell = Math.max(...parts.map(({ canvas }) => canvas.width)) + pad;
  const places: Place[] = [];
  let y = pad + 2 * row;
  for (let first = 0; first < parts.length; first += columns) {
    const beside = parts.slice(first, first + columns);
    for (const column of beside.keys()) places.push({ x: pad + column * cell, y });
    y +=
      Math.max(...beside.map((part) => part.canvas.height + (keyOf(part).length + 1) * row)) + pad;
  }
  const [width, height] = [pad + columns * cell, y];
  return { width, height, places, shrink: Math.min(1, Math.sqrt(AREA_MAX / (width * height))) };
}

/** All charts in one PNG; null without any, or where the browser can't make one. */
export function overviewPicture(
  title: string,
  parts: readonly ChartPart[],
  palette: Palette,
): Promise<Blob | null> {
  const scale = devicePixelRatio || 1;
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  if (parts.length === 0 || context === null) return Promise.resolve(null);
  const { width, height, places, shrink } = layoutOf(parts, scale);
  canvas.width = Math.floor(width * shrink);
  canvas.height = Math.floor(height * shrink);
  context.scale(shrink, shrink);
  context.fillStyle = palette.ground;
  context.fillRect(0, 0, width, height);
  context.textBaseline = "middle";
  write(context, title, { x: PAD * scale, y: PAD * scale }, scale, palette.text, 600);
  for (const [index, part] of parts.entries()) {
    drawPart(context, part, places[index] ?? { x: 0, y: 0 }, scale, palette);
  }
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

function drawPart(
  context: CanvasRenderingContext2D,
  part: ChartPart,
  { x, y }: Place,
  scale: number,
  palette: Palette,
): void {
  const row = ROW * scale;
  write(context, part.heading, { x, y }, scale, palette.text, 600);
  context.drawImage(part.canvas, x, y + row);
  for (const [index, text] of keyOf(part).entries()) {
    const at = { x, y: y + part.canvas.height + (index + 1) * row };
    const colour = part.lines[index]?.colour ?? palette.ground;
    context.fillStyle = colour;
    context.fillRect(at.x, at.y + row / 2 - 2 * scale, 14 * scale, 4 * scale);
    write(context, text, { ...at, x: at.x + 22 * scale }, scale, palette.text, 400);
  }
}

function keyOf({ lines, leftOut }: ChartPart): readonly string[] {
  const texts = lines.map(({ name, value }) => `${name}  ${value}`);
  return leftOut > 0 ? [...texts, `and ${leftOut} not drawn`] : texts;
}

/** A text in its row; names come from devices, so a long one ends where its chart does. */
function write(
  context: CanvasRenderingContext2D,
  text: string,
  { x, y }: Place,
  scale: number,
  colour: string,
  weight: number,
): void {
  context.fillStyle = colour;
  context.font = `${weight} ${13 * scale}px ${FAMILY}`;
  const shown = text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
  context.fillText(shown, x, y + (ROW * scale) / 2);
}

/** Characters of a name and its value: about as wide as the narrowest chart. */
const TEXT_MAX = 48;
