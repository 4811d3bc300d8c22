/** What JSON.parse gives, before anything is known about it. */
export type Fields = Readonly<Record<string, unknown>>;

/** A JSON object, or undefined: text from a socket never throws here. */
export function parseObject(text: unknown): Fields | undefined {
  const value = parseJson(text);
  return isObject(value) ? value : undefined;
}

export function parseJson(text: unknown): unknown {
  if (typeof text !== "string") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function textOr(value: unknown, fallback: string): string {
  return typeof value === "string" ? value : fallback;
}

export function finiteOr<T>(value: unknown, fallback: T): number | T {
  return typeof value === "number" && Number.isFinite(value) ? value : fallback;
}
