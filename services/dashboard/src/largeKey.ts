import { make, setText } from "./dom";
import type { LargeLine } from "./largeChart";
import { lineColour, type Palette } from "./palette";
import { showNumber } from "./unit";

/** The key under the large chart: each line's colour, name, value, and the way to take it away. */
export class LargeKey {
  private cells: HTMLElement[] = [];

  constructor(
    private readonly list: HTMLElement,
    private readonly remove: (name: string) => void,
  ) {}

  build(lines: readonly LargeLine[], palette: Palette): void {
    this.cells = lines.map(() => make("span", { class: "key-value", testId: "large-value" }));
    const items = lines.map(({ name }, index) => {
      const swatch = make("i", { class: "swatch" });
      swatch.style.backgroundColor = lineColour(palette, index);
      const away = make("button", {
        class: "plain",
        text: "×",
        attributes: { type: "button", "aria-label": `Take away ${name}` },
      });
      away.addEventListener("click", () => this.remove(name));
      return make("li", {}, swatch, make("bdi", { text: name }), this.cells[index] ?? swatch, away);
    });
    this.list.replaceChildren(...items);
  }

  write(lines: readonly LargeLine[], values: readonly (number | undefined)[]): void {
    for (const [index, line] of lines.entries()) {
      const cell = this.cells[index];
      if (cell !== undefined) setText(cell, valueText(line, values[index]));
    }
  }
}

/** A value with its unit; no value is a dash. */
export function valueText({ unit, steps }: LargeLine, value: number | undefined): string {
  if (value === undefined) return "–";
  if (steps) return value === 0 ? "off" : "on";
  const shown = showNumber(value, unit);
  return `${shown.value} ${shown.unit}`.trim();
}
