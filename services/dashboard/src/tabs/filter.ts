/** More than these the feed refuses (protocol.md, query of `/readings`). */
export const PATTERNS_MAX = 32;

/** Whether sensor `name` matches a pattern: `*` is any one token, a last `>` all that follow. */
export function matches(pattern: string, name: string): boolean {
  const wanted = pattern.split("/");
  const tokens = name.split("/");
  for (const [index, token] of wanted.entries()) {
    if (token === ">" && index === wanted.length - 1) return tokens.length > index;
    if (index >= tokens.length || (token !== "*" && token !== tokens[index])) return false;
  }
  return wanted.length === tokens.length;
}

/** Which sensors, by patterns in one order; none means all. Asks each name only once. */
export class Filter {
  private readonly known = new Map<string, boolean>();

  constructor(readonly patterns: readonly string[] = []) {
    this.patterns = [...new Set(patterns)].sort();
  }

  wants(name: string): boolean {
    if (this.patterns.length === 0) return true;
    let wanted = this.known.get(name);
    if (wanted === undefined) {
      wanted = this.patterns.some((pattern) => matches(pattern, name));
      // Names come from devices: what a page remembers of them is bounded.
      if (this.known.size < 2000) this.known.set(name, wanted);
    }
    return wanted;
  }

  /** Whether all that `other` asks for is here, as far as the patterns' texts tell. */
  covers(other: Filter): boolean {
    if (this.patterns.length === 0) return true;
    if (other.patterns.length === 0) return false;
    return other.patterns.every((pattern) => this.patterns.some((own) => within(pattern, own)));
  }

  equals(other: Filter): boolean {
    return this.patterns.join(" ") === other.patterns.join(" ");
  }
}

/** All that is asked for by somebody: everything when one asks so, or when it's too long to say. */
export function union(filters: readonly Filter[]): Filter {
  if (filters.some((filter) => filter.patterns.length === 0)) return new Filter();
  const all = new Filter(filters.flatMap((filter) => filter.patterns));
  return all.patterns.length > PATTERNS_MAX ? new Filter() : all;
}

/** Whether every name that `inner` matches is matched by `outer`. */
function within(inner: string, outer: string): boolean {
  const outers = outer.split("/");
  const inners = inner.split("/");
  for (const [index, token] of outers.entries()) {
    if (token === ">" && index === outers.length - 1) return inners.length > index;
    const there = inners[index];
    if (there === undefined || there === ">") return false;
    if (token !== "*" && token !== there) return false;
  }
  return outers.length === inners.length;
}
