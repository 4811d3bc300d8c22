// What to do next, where the code's own message speaks of the server's inside or leaves it open.
const WORDS = new Map<string, string>([
  ["upstream_down", "the chat can't store messages now; it may be there all the same. Try again"],
  ["upstream_refused", "the chat can't store messages now; try again later"],
  ["channels", "this server has no room left for another room; leave one, or come back later"],
  ["history_unavailable", "Older messages can't be loaded now; scroll up again in a moment"],
  ["internal", "something went wrong on the server; try again"],
  ["too_many_rooms", "You are in as many rooms as one may be; leave one first"],
  ["not_yours", "Only its author or a moderator may change that message"],
  ["already_deleted", "That message was deleted already"],
  ["not_found", "That message is no longer kept"],
  ["bad_emoji", "That isn't an emoji; pick one from the list"],
  ["too_many_emojis", "That message has as many kinds of reactions as it may have"],
  ["too_many_edits", "That message was edited too often; write a new one"],
  ["cid_reused", "the chat took it for another message; discard it and write it anew"],
  ["bad_token", "That token was refused; paste another one"],
]);

/** An `error` frame in words for the reader. */
export function errorWords(code: string, message: string): string {
  return WORDS.get(code) ?? (message || code);
}
