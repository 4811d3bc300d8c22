/** What a close code says about coming back (protocol.md, "Close codes"). */
export interface Verdict {
  readonly comeBack: boolean;
  readonly words: string;
}

const WORDS = new Map<number, string>([
  [1000, "The conversation was ended"],
  [1009, "A message was too large"],
  [1011, "The server had a fault"],
  [1012, "The server is leaving"],
  [1013, "The server is full"],
  [4008, "This page read too slowly"],
  [4009, "This page didn't answer in time"],
  [4029, "Too many messages at once"],
  [4500, "The token was refused; paste another one"],
  [4501, "The server didn't understand this page"],
  [4503, "This origin or room is forbidden"],
  [4505, "A limit was reached"],
  [4511, "The token expired; paste a new one"],
]);

/**
 * 4500 to 4999 mean that nothing changes by trying again; all else is worth another attempt.
 * `reason` is what the server said with the code, shown where the reader has to act on it.
 */
export function verdictOf(code: number, reason = ""): Verdict {
  const refused = code >= 4500 && code <= 4999;
  if (refused && reason !== "") {
    return { comeBack: false, words: `${WORDS.get(code) ?? "Refused"}: ${reason}` };
  }
  return {
    comeBack: !refused && code !== 1000,
    words: WORDS.get(code) ?? "The connection was lost",
  };
}
