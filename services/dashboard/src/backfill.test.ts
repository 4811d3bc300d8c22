import { expect, test } from "vitest";
import { backfill, PAGES_MAX, parsePage } from "./backfill";

const SPAN = { since: 0, until: 100 };

function server(pages: readonly object[]) {
  const asked: URLSearchParams[] = [];
  const ask = async (address: string) => {
    asked.push(new URL(address, "http://feed").searchParams);
    const page = pages[asked.length - 1];
    return page === undefined
      ? new Response("{}", { status: 503 })
      : new Response(JSON.stringify(page), { status: 200 });
  };
  return { asked, ask };
}

const reading = (t: number) => ({ n: "a/b", v: t, t });

test("pages are asked for from the newest back, until there is no more", async () => {
  const { asked, ask } = server([
    { readings: [reading(60), reading(90)], upto: "e-9", more: true, reason: "limit" },
    { readings: [reading(10)], upto: "e-9", more: false },
  ]);
  const taken: number[] = [];
  const take = (readings: readonly { t: number }[]) => taken.push(...readings.map((r) => r.t));
  const { signal } = new AbortController();
  expect(await backfill(["a/b", "c/d"], SPAN, take, signal, { ask })).toBe(true);
  expect(taken).toEqual([60, 90, 10]);
  expect(asked.map((query) => query.get("until"))).toEqual(["100.000", "60.000"]);
  expect(asked[0]?.getAll("sensor")).toEqual(["a/b", "c/d"]);
});

test("without an end, what came late is asked for, and an empty second answer promises nothing", async () => {
  const page = { readings: [reading(60)], more: true };
  const { asked, ask } = server([page, { readings: [], more: false }]);
  const { signal } = new AbortController();
  const span = { since: 0, until: undefined };
  expect(await backfill(["a/b"], span, () => {}, signal, { ask })).toBe(false);
  expect(asked.map((query) => query.get("until"))).toEqual([null, "60.000"]);
});

test("a refusal ends it, and what came before stays", async () => {
  const { asked, ask } = server([{ readings: [reading(60)], more: true }]);
  const { signal } = new AbortController();
  expect(await backfill(["a/b"], SPAN, () => {}, signal, { ask })).toBe(false);
  expect(asked).toHaveLength(2);
});

test("an answer without progress isn't asked for for ever", async () => {
  const { asked, ask } = server([
    { readings: [], more: true },
    { readings: [], more: true },
  ]);
  const { signal } = new AbortController();
  expect(await backfill(["a/b"], SPAN, () => {}, signal, { ask })).toBe(false);
  expect(asked).toHaveLength(1);
});

test("what isn't a page is none, and what isn't a reading is left out", () => {
  expect(parsePage("[]")).toBeUndefined();
  expect(parsePage("<html>")).toBeUndefined();
  const page = parsePage(JSON.stringify({ readings: [reading(1), { n: 1 }], more: false }));
  expect(page?.readings).toEqual([reading(1)]);
});

test("so many pages are asked for, and what lies behind them isn't promised", async () => {
  const { signal } = new AbortController();
  const pages = (count: number) =>
    server(
      Array.from({ length: count }, (_, n) => ({
        readings: [reading(90 - n)],
        more: n < count - 1,
      })),
    );
  const enough = pages(PAGES_MAX);
  expect(await backfill(["a/b"], SPAN, () => {}, signal, { ask: enough.ask })).toBe(true);
  const more = pages(PAGES_MAX + 1);
  expect(await backfill(["a/b"], SPAN, () => {}, signal, { ask: more.ask })).toBe(false);
  expect(more.asked).toHaveLength(PAGES_MAX);
});
