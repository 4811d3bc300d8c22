import { FAMILY } from "./chartOptions";
import type { LargeLine } from "./largeChart";
import { valueText } from "./largeKey";
import { lineColour, type Palette } from "./palette";

export interface PictureParts {
  readonly chart: HTMLCanvasElement;
  readonly title: string;
  readonly lines: readonly LargeLine[];
  readonly values: readonly (number | undefined)[];
  readonly palette: Palette;
}

/** The chart with its title and key as a PNG; null where the browser can't make one. */
export function pictureOf({
  chart,
  title,
  lines,
  values,
  palette,
}: PictureParts): Promise<Blob | null> {
  const scale = devicePixelRatio || 1;
  const row = 22 * scale;
  const pad = 16 * scale;
  const canvas = document.createElement("canvas");
  canvas.width = chart.width + 2 * pad;
  canvas.height = chart.height + (lines.length + 1) * row + 3 * pad;
  const context = canvas.getContext("2d");
  if (context === null) return Promise.resolve(null);
  context.fillStyle = palette.ground;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.textBaseline = "middle";
  context.fillStyle = palette.text;
  context.font = `600 ${15 * scale}px ${FAMILY}`;
  context.fillText(title, pad, pad + row / 2);
  context.drawImage(chart, pad, pad + row);
  context.font = `${13 * scale}px ${FAMILY}`;
  for (const [index, line] of lines.entries()) {
    const y = chart.height + 2 * pad + (index + 1.5) * row;
    context.fillStyle = lineColour(palette, index);
    context.fillRect(pad, y - 2 * scale, 14 * scale, 4 * scale);
    context.fillStyle = palette.text;
    context.fillText(`${line.name}  ${valueText(line, values[index])}`, pad + 22 * scale, y);
  }
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}
