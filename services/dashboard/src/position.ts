/** A place in a log: which incarnation of the stream, and how far into it. */
export interface Position {
  readonly epoch: string;
  readonly offset: bigint;
}

// Offsets have up to 19 digits, more than a double holds exactly: hence bigint.
const PATTERN = /^([a-z0-9]{4,16})-([0-9]{1,19})$/;

/** Reads `<epoch>-<offset>`; anything else is no position. */
export function parsePosition(text: unknown): Position | undefined {
  if (typeof text !== "string") return undefined;
  const [, epoch, offset] = PATTERN.exec(text) ?? [];
  if (epoch === undefined || offset === undefined) return undefined;
  return { epoch, offset: BigInt(offset) };
}

export function formatPosition(position: Position): string {
  return `${position.epoch}-${position.offset}`;
}

/** Negative, zero or positive by offset; undefined across epochs, which have no common order. */
export function comparePositions(a: Position, b: Position): number | undefined {
  if (a.epoch !== b.epoch) return undefined;
  if (a.offset === b.offset) return 0;
  return a.offset < b.offset ? -1 : 1;
}

/** True when `a` is certainly later than `b`; another epoch is never "later". */
export function isAfter(a: Position, b: Position): boolean {
  return (comparePositions(a, b) ?? 0) > 0;
}
