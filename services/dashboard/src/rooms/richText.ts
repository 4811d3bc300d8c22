/** A piece of a message: plain text, an address, or the reader's name. */
export interface Piece {
  readonly kind: "text" | "link" | "mention";
  readonly text: string;
}

// No scheme but these two: `javascript:` and `data:` stay text.
const LINK = /https?:\/\/[^\s<>"']{1,2000}/gi;
const TRAILING = /[.,;:!?)\]}]+$/;
const TOKEN = /[A-Za-z0-9_-]/;

/** Cuts a text into pieces; joined again they are the text. */
export function piecesOf(text: string, user: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(LINK)) {
    const address = match[0].replace(TRAILING, "");
    if (!isAddress(address)) continue;
    pieces.push(...named(text.slice(from, match.index), user));
    pieces.push({ kind: "link", text: address });
    from = match.index + address.length;
  }
  pieces.push(...named(text.slice(from), user));
  return pieces;
}

export function mentions(text: string, user: string): boolean {
  return piecesOf(text, user).some((piece) => piece.kind === "mention");
}

function named(text: string, user: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (let at = place(text, user, 0); at >= 0; at = place(text, user, at + user.length)) {
    if (at > from) pieces.push({ kind: "text", text: text.slice(from, at) });
    pieces.push({ kind: "mention", text: text.slice(at, at + user.length) });
    from = at + user.length;
  }
  if (from < text.length) pieces.push({ kind: "text", text: text.slice(from) });
  return pieces;
}

/** Where the name stands as a word of its own: `ada` isn't named in `canada`. */
function place(text: string, user: string, from: number): number {
  if (user === "") return -1;
  const lower = text.toLowerCase();
  const name = user.toLowerCase();
  let at = lower.indexOf(name, from);
  while (at >= 0) {
    const around = (text[at - 1] ?? " ") + (text[at + name.length] ?? " ");
    if (![...around].some((letter) => TOKEN.test(letter))) return at;
    at = lower.indexOf(name, at + 1);
  }
  return -1;
}

function isAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
