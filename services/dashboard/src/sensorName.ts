/** A sensor's name taken apart: `<device>/<quantity>`, and which chart it shares with others. */
export interface SensorName {
  readonly device: string;
  readonly quantity: string;
  /** The quantity without trailing numbers: `cpu/0` and `cpu/1` are both `cpu`. */
  readonly kind: string;
}

const NUMBER = /^[0-9]+$/;

/** Takes a name apart; a name without a slash is its own device and quantity. */
export function parseSensorName(name: string): SensorName {
  const tokens = name.split("/").filter((token) => token !== "");
  const device = tokens.slice(0, deviceTokens(tokens)).join("/");
  const rest = tokens.slice(deviceTokens(tokens));
  const quantity = rest.join("/") || device || name;
  return { device: device || name, quantity, kind: kindOf(rest) || quantity };
}

/** A replayed file puts its own name before the device, so that two files don't mix. */
function deviceTokens(tokens: readonly string[]): number {
  const replayed = tokens[0]?.startsWith("replay-") ?? false;
  const carriesDevice = tokens.length > 2 && !NUMBER.test(tokens[2] ?? "");
  return replayed && carriesDevice ? 2 : 1;
}

function kindOf(quantity: readonly string[]): string {
  const kept = [...quantity];
  while (kept.length > 0 && NUMBER.test(kept.at(-1) ?? "")) kept.pop();
  return kept.join("/");
}

const collator = new Intl.Collator("en", { numeric: true });

/** Orders names as people do: greenhouse-2 before greenhouse-10. */
export function compareNames(a: string, b: string): number {
  return collator.compare(a, b);
}
