/** A sensor's name taken apart: `<device>/<quantity>`, and where its line is drawn. */
export interface SensorName {
  readonly device: string;
  readonly quantity: string;
  /** What is on one chart with others: `temperature` of all greenhouses, `host/cpu` of all cores. */
  readonly kind: string;
  /** What tells its line from the others of its kind. */
  readonly line: string;
}

/** The producer's own machine: `host/<what>[/<part>]` (protocol.md, "A reading"). */
const HOST = "host";

const NUMBER = /^[0-9]+$/;

/** Takes a name apart; one without a slash is its own device and quantity. */
export function parseSensorName(name: string): SensorName {
  const tokens = name.split("/").filter((token) => token !== "");
  const [device, what] = tokens;
  if (device === undefined) return { device: name, quantity: name, kind: name, line: name };
  const quantity = tokens.slice(1).join("/") || device;
  if (device === HOST && what !== undefined) {
    return { device, quantity, kind: `${HOST}/${what}`, line: hostLine(what, tokens.slice(2)) };
  }
  return { device, quantity, ...drawn(tokens) };
}

/** Alone, a number says too little: `cpu 0`. */
function hostLine(what: string, part: readonly string[]): string {
  const rest = part.join(" ");
  return part.length === 0 || NUMBER.test(rest) ? `${what} ${rest}`.trim() : rest;
}

/** The kind is the last token that is no number; the line is all the others. */
function drawn(tokens: readonly string[]): Pick<SensorName, "kind" | "line"> {
  const at = tokens.findLastIndex((token, index) => index > 0 && !NUMBER.test(token));
  const kind = tokens[at];
  if (kind === undefined) return { kind: tokens[0] ?? "", line: tokens.join(" ") };
  return { kind, line: tokens.filter((_, index) => index !== at).join(" ") };
}

/** `soil-moisture` and `memory/used` read better as words; the exact name is in the attributes. */
export function asWords(tokens: string): string {
  return tokens.replace(/[/_-]+/g, " ").trim() || tokens;
}

const collator = new Intl.Collator("en", { numeric: true });

/** Orders names as people do: greenhouse-2 before greenhouse-10. */
export function compareNames(a: string, b: string): number {
  return collator.compare(a, b);
}
