import { vi } from "vitest";

/** Takes every call of a drawing, and gives a text no width. */
const context = new Proxy({} as Record<string | symbol, unknown>, {
  get: (set, name) => set[name] ?? (() => ({ width: 0 })),
});

/** Canvases that can be drawn on, and show nothing. Undo it with `vi.unstubAllGlobals`. */
export function stubCanvas(): void {
  vi.stubGlobal(
    "Path2D",
    class {
      moveTo(): void {}
      lineTo(): void {}
      rect(): void {}
      arc(): void {}
      addPath(): void {}
    },
  );
  const getContext = function (this: HTMLCanvasElement) {
    return Object.assign(Object.create(context), { canvas: this });
  };
  Object.assign(HTMLCanvasElement.prototype, { getContext });
}

export const PALETTE = {
  lines: ["red", "green"],
  grid: "silver",
  text: "black",
  ground: "white",
  limit: "red",
  rem: 16,
};
