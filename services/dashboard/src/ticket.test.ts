import { expect, test } from "vitest";
import { Credentials, TOKEN_MAX, TokenRefusedError } from "./ticket";

function tab() {
  const held = new Map<string, string>();
  return {
    getItem: (key: string) => held.get(key) ?? null,
    setItem: (key: string, value: string) => void held.set(key, value),
    removeItem: (key: string) => void held.delete(key),
  };
}

const answering = (status: number, body: object = {}) => {
  const asked: [unknown, RequestInit | undefined][] = [];
  const ask: typeof fetch = async (url, init) => {
    asked.push([url, init]);
    return new Response(JSON.stringify(body), { status });
  };
  return { asked, ask };
};

test("a token is taken from the fragment and changed for a ticket", async () => {
  const { asked, ask } = answering(201, { ticket: "t-1", expires_in: 30 });
  const credentials = new Credentials(tab(), ask);
  expect(credentials.takeFrom("#room")).toBe(false);
  expect(await credentials.ticket("chat")).toBeUndefined();
  expect(asked).toEqual([]);
  expect(credentials.takeFrom("#token=a.b.c")).toBe(true);
  expect(await credentials.ticket("chat")).toBe("t-1");
  expect(asked[0]?.[0]).toBe("/chat/tickets");
  expect(asked[0]?.[1]?.headers).toEqual({ Authorization: "Bearer a.b.c" });
});

test("a refused token says so, a guest's chat needs no ticket", async () => {
  const refused = new Credentials(tab(), answering(401).ask);
  refused.token = "a.b.c";
  await expect(refused.ticket("feed")).rejects.toBeInstanceOf(TokenRefusedError);
  const guests = new Credentials(tab(), answering(404).ask);
  guests.token = "a.b.c";
  expect(await guests.ticket("chat")).toBeUndefined();
});

test("a token of so many characters is kept; a longer one isn't, and what was there stays", () => {
  const credentials = new Credentials(tab());
  const longest = "a".repeat(TOKEN_MAX);
  credentials.token = longest;
  expect(credentials.token).toBe(longest);
  // True all the same: it mustn't stay in the address.
  expect(credentials.takeFrom(`#token=${"b".repeat(TOKEN_MAX + 1)}`)).toBe(true);
  expect(credentials.token).toBe(longest);
});
