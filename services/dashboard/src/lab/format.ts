const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3 });

export const UNKNOWN = "–";

export function count(value: number): string {
  return whole.format(value);
}

export function milliseconds(value: number): string {
  return `${short.format(value)} ms`;
}

export function microseconds(value: number): string {
  return `${short.format(value)} µs`;
}

export function bytes(value: number): string {
  if (value < 1_000) return `${short.format(value)} B`;
  if (value < 1_000_000) return `${short.format(value / 1_000)} kB`;
  return `${short.format(value / 1_000_000)} MB`;
}

/** As words, or a dash for what is not known. */
export function known(value: number | undefined, words: (value: number) => string): string {
  return value === undefined ? UNKNOWN : words(value);
}
