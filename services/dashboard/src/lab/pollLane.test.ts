import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PollLane } from "./pollLane";
import { Tally } from "./tally";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function stage(answers: (() => Response | Promise<Response>)[]) {
  const asked: { readonly url: string; readonly headers: Record<string, string> }[] = [];
  let nowMs = 10_000;
  const tally = new Tally();
  tally.begin(0);
  const page = {
    feed: "/feed",
    query: async () => new URLSearchParams({ sensor: "a/*" }),
    headers: (): Record<string, string> => ({ Authorization: "Bearer x" }),
    now: () => nowMs,
  };
  const ask: typeof fetch = async (url, init) => {
    asked.push({ url: String(url), headers: init?.headers as Record<string, string> });
    const answer = answers[Math.min(asked.length, answers.length) - 1];
    if (answer === undefined) throw new Error("no answer");
    return answer();
  };
  const lane = new PollLane(page, 1_000, tally, ask);
  const pass = async (ms: number) => {
    nowMs += ms;
    await vi.advanceTimersByTimeAsync(ms);
  };
  return { lane, tally, asked, pass };
}

const pack = (t: number, etag: string) => () =>
  new Response(JSON.stringify([{ n: "a/b", v: 1, t }]), { headers: { etag } });
const same = () => new Response(null, { status: 304, headers: { etag: '"2"' } });

test("it asks at its pace, with what it has, and counts what is new", async () => {
  const { lane, tally, asked, pass } = stage([pack(8, '"1"'), pack(9, '"2"'), same]);
  lane.start();
  await pass(0);
  expect(asked[0]).toEqual({
    url: "/feed/readings/latest?sensor=a%2F*",
    headers: { Authorization: "Bearer x" },
  });
  await pass(1_000);
  expect(asked[1]?.headers["If-None-Match"]).toBe('"1"');
  await pass(1_000);
  expect(tally.messages).toBe(3);
  expect([...tally.seen.keys()]).toEqual(["a/b 8", "a/b 9"]);
});

test("a cut is an outage of that length; then it asks at once", async () => {
  const { lane, tally, asked, pass } = stage([pack(8, '"1"')]);
  lane.start();
  await pass(0);
  lane.cut(2_000);
  await pass(1_999);
  expect(asked).toHaveLength(1);
  await pass(1);
  expect(asked).toHaveLength(2);
  expect(tally.backMs).toEqual([0]);
});

test("no answer and a refusal are followed by the next question", async () => {
  const refused = () => new Response("", { status: 503 });
  const failing = () => {
    throw new TypeError("network");
  };
  const { lane, tally, asked, pass } = stage([failing, refused, pack(8, '"1"')]);
  lane.start();
  await pass(0);
  await pass(1_000);
  await pass(1_000);
  expect(asked).toHaveLength(3);
  expect(tally.messages).toBe(1);
  lane.stop();
  await pass(10_000);
  expect(asked).toHaveLength(3);
});
