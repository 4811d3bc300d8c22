/** What was drawn, counted: what a browser test reads at `window.airwave.drawn`. */
export interface Drawn {
  /** Animation frames in which something was drawn. */
  frames: number;
  /** Values written, and the most in one frame. */
  rows: number;
  mostRows: number;
  /** Sparklines drawn, and the most in one frame. */
  sparks: number;
  mostSparks: number;
  /** Values or sparklines drawn of rows that weren't on the screen: 0 if all is well. */
  unseen: number;
}

export function nothingDrawn(): Drawn {
  return { frames: 0, rows: 0, mostRows: 0, sparks: 0, mostSparks: 0, unseen: 0 };
}
