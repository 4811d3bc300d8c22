import { describe, expect, test } from "vitest";
import { mentions, piecesOf } from "./richText";

const kinds = (text: string, user = "ada") =>
  piecesOf(text, user).map(({ kind, text: piece }) => [kind, piece]);

describe("pieces of a text", () => {
  test("are links without the sentence's own signs", () => {
    expect(kinds("see https://example.org/a?b=c, please")).toEqual([
      ["text", "see "],
      ["link", "https://example.org/a?b=c"],
      ["text", ", please"],
    ]);
  });

  test.each(["javascript:alert(1)", "data:text/html,x", "//example.org", "http://", "ftp://a.b"])(
    "leave %s as text",
    (text) => {
      expect(kinds(text)).toEqual([["text", text]]);
    },
  );

  test("name the reader only as a word of its own", () => {
    expect(kinds("@Ada, look")).toEqual([
      ["text", "@"],
      ["mention", "Ada"],
      ["text", ", look"],
    ]);
    expect(mentions("canada ada-2 adam", "ada")).toBe(false);
    expect(mentions("anything", "")).toBe(false);
    expect(mentions("https://example.org/ada", "ada")).toBe(false);
  });

  test("joined again are the text", () => {
    const text = "ada https://a.b/c) and http://x.y. ada!";
    expect(
      piecesOf(text, "ada")
        .map((piece) => piece.text)
        .join(""),
    ).toBe(text);
  });
});
