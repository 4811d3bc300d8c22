/** Colours of the charts, taken from the style sheet so that light and dark are told in one place. */
export interface Palette {
  readonly lines: readonly string[];
  readonly grid: string;
  readonly text: string;
}

const LINE_COLOURS = 8;

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  return {
    lines: Array.from({ length: LINE_COLOURS }, (_, i) => colour(`--line-${i + 1}`)),
    grid: colour("--grid"),
    text: colour("--quiet"),
  };
}

export function lineColour(palette: Palette, index: number): string {
  return palette.lines[index % palette.lines.length] ?? "gray";
}

/** Lines that share a colour differ in their dashes. */
export function lineDash(index: number): number[] {
  return index < LINE_COLOURS ? [] : [5, 3];
}
