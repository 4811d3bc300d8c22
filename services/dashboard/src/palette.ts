/** Colours of the charts, taken from the style sheet so that light and dark are told in one place. */
export interface Palette {
  readonly lines: readonly string[];
  readonly grid: string;
  readonly text: string;
  readonly ground: string;
  readonly limit: string;
  /** Pixels of the page's `rem`: what is drawn grows with what is written. */
  readonly rem: number;
}

const LINE_COLOURS = 8;

export function readPalette(): Palette {
  const colour = (name: string) => resolve(`var(${name})`);
  return {
    lines: Array.from({ length: LINE_COLOURS }, (_, i) => colour(`--line-${i + 1}`)),
    grid: colour("--grid"),
    text: colour("--quiet"),
    ground: colour("--card"),
    limit: colour("--bad"),
    rem: readRem(),
  };
}

/** Pixels of the page's `rem`, without working out any colour. */
export function readRem(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
}

/** What a canvas can take: only a property of an element has its scheme's colour worked out. */
function resolve(colour: string): string {
  const probe = document.documentElement;
  const before = probe.style.outlineColor;
  probe.style.outlineColor = colour;
  const resolved = getComputedStyle(probe).outlineColor;
  probe.style.outlineColor = before;
  return resolved;
}

export function lineColour(palette: Palette, index: number): string {
  return palette.lines[index % palette.lines.length] ?? "gray";
}

/** Lines that share a colour differ in their dashes. */
export function lineDash(index: number): number[] {
  return index < LINE_COLOURS ? [] : [5, 3];
}
