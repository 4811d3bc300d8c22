// Codes whose own message speaks of the server's inside; the others say best what was wrong.
const WORDS = new Map<string, string>([
  ["upstream_down", "the chat can't store messages now; it may be there all the same"],
  ["upstream_refused", "the chat can't store messages now"],
  ["channels", "this server has no room left for another room"],
  ["history_unavailable", "Older messages can't be loaded now"],
  ["internal", "something went wrong on the server"],
]);

/** An `error` frame in words for the reader. */
export function errorWords(code: string, message: string): string {
  return WORDS.get(code) ?? (message || code);
}
