type Cell = string | number | undefined;

/** Rows as CSV (RFC 4180), with times as people's programs read them. */
export function csvOf(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => `${row.map(cellText).join(",")}\r\n`).join("");
}

export function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

/**
 * Texts come from devices. One that begins like a formula would be worked out by a spreadsheet, so
 * it gets the mark that says that it is text.
 */
function cellText(cell: Cell): string {
  if (cell === undefined) return "";
  if (typeof cell === "number") return String(cell);
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
