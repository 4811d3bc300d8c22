import type { SensorName } from "./sensorName";
import { matches, PATTERNS_MAX } from "./tabs/filter";

/** What the reader looks for, as it stands in the address: `?q=…&device=…`. */
export interface Search {
  readonly text: string;
  readonly device: string;
}

/** Characters of each that are read; the fields take no more. */
export const TEXT_MAX = 256;

export function readSearch(query: URLSearchParams): Search {
  const read = (name: string) => (query.get(name) ?? "").slice(0, TEXT_MAX).trim();
  return { text: read("q"), device: read("device") };
}

/** Writes the search into an address's query; what is empty isn't there. */
export function writeSearch(query: URLSearchParams, { text, device }: Search): URLSearchParams {
  const written = new URLSearchParams(query);
  for (const [name, value] of [
    ["q", text],
    ["device", device],
  ] as const) {
    if (value === "") written.delete(name);
    else written.set(name, value);
  }
  return written;
}

/** Whether a sensor is looked for: every word is part of its name, or one of the patterns fits. */
export function finds({ text, device }: Search, name: string, parts: SensorName): boolean {
  if (device !== "" && parts.device !== device) return false;
  const words = wordsOf(text);
  const patterns = words.filter(isPattern);
  const plain = words.filter((word) => !isPattern(word));
  const lower = name.toLowerCase();
  if (!plain.every((word) => lower.includes(word.toLowerCase()))) return false;
  return patterns.length === 0 || patterns.some((pattern) => matches(pattern, name));
}

/**
 * The stream's `sensor=` for a search: never narrower than it. Plain words become the names that
 * are known to fit, as long as the feed takes so many; otherwise all of the device is asked for, or
 * everything, and the page alone leaves out the rest.
 */
export function patternsFor(search: Search, found: readonly string[]): readonly string[] {
  const { text, device } = search;
  const words = wordsOf(text);
  if (device === "" && words.length > 0 && words.length <= PATTERNS_MAX && words.every(isPattern)) {
    return words;
  }
  // An address can name what no device is called; the feed would refuse to be asked for it.
  const wider = [`${device}/>`].filter(isPattern);
  const count = found.length;
  if (words.length === 0 || count === 0 || count > PATTERNS_MAX) return wider;
  return found.every(isPattern) ? [...found].sort() : wider;
}

/** The large chart's sensors are wanted whatever is searched for; no pattern means all. */
export function withCharted(
  patterns: readonly string[],
  charted: readonly string[],
): readonly string[] {
  if (patterns.length === 0 || !charted.every(isPattern)) return [];
  const all = [...new Set([...patterns, ...charted])];
  return all.length > PATTERNS_MAX ? [] : all;
}

/**
 * Whether the stream may be asked for known names alone, so that it can't tell of a new sensor that
 * would fit: then the page has to look for new ones itself.
 */
export function mayMiss({ text }: Search): boolean {
  return wordsOf(text).some((word) => !isPattern(word));
}

function wordsOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== "");
}

/** A pattern or a name that the feed would take (protocol.md, query of `/readings`). */
export function isPattern(word: string): boolean {
  return /^(?:[A-Za-z0-9_-]+|\*)(?:\/(?:[A-Za-z0-9_-]+|\*)){0,4}(?:\/(?:[A-Za-z0-9_-]+|\*|>))$/.test(
    word,
  );
}
