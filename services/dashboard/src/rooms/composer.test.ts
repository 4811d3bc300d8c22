// @vitest-environment happy-dom
import { readFileSync } from "node:fs";
import { beforeEach, expect, test } from "vitest";
import { must } from "../dom";
import { Memory } from "../memory";
import { TEXT_MAX_BYTES } from "../post";
import { Composer } from "./composer";

let posted: string[];

beforeEach(() => {
  document.documentElement.innerHTML = readFileSync("index.html", "utf-8");
  posted = [];
  new Composer(new Memory(undefined, undefined), {
    post: (text) => posted.push(text),
    edit: () => {},
    typing: () => {},
    lastOwn: () => undefined,
  });
});

function write(text: string): HTMLTextAreaElement {
  const input = must("chat-input", HTMLTextAreaElement);
  input.value = text;
  must("chat-write", HTMLFormElement).dispatchEvent(new Event("submit", { cancelable: true }));
  return input;
}

test("so many bytes are sent; with one more the text stays, and it is said why", () => {
  // Two bytes each.
  const longest = "ä".repeat(TEXT_MAX_BYTES / 2);
  expect(write(longest).value).toBe("");
  expect(posted).toEqual([longest]);
  const input = write(`${longest}x`);
  expect(posted).toEqual([longest]);
  expect(input.value).toBe(`${longest}x`);
  expect(input.validationMessage).toBe("At most 4096 bytes; this has 4097");
});
