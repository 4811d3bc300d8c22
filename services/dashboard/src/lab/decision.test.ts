import { expect, test } from "vitest";
import type { TransportName } from "./costs";
import { decisionTable, verdict } from "./decision";
import { type Figures, figuresOf } from "./figures";
import { Tally } from "./tally";

function figures(name: TransportName, more: Partial<Figures> = {}): Figures {
  return {
    name,
    readings: 1_000,
    missing: 0,
    messages: 500,
    bytesRead: 60_000,
    delayMs: { p50: 8, p95: 14, p99: 20 },
    backMs: 30,
    serverBytes: 20,
    serverMicroseconds: 4,
    ...more,
  };
}

const counting = () => {
  const tally = new Tally();
  tally.begin(0);
  return tally;
};

const polled = figures("polling", {
  readings: 200,
  missing: 800,
  delayMs: { p50: 500, p95: 900, p99: 990 },
  serverBytes: 90,
  serverMicroseconds: 60,
});

test("a line is filled by what was measured, and who is as good as the best is marked", () => {
  const rows = decisionTable([
    figures("sse"),
    figures("websocket", { serverBytes: 120, delayMs: { p50: 9, p95: 14, p99: 100 } }),
    polled,
  ]);
  const [seen, half, most, sent] = rows;
  expect(seen?.best).toEqual(["sse", "websocket"]);
  expect(half?.best).toEqual(["sse", "websocket"]);
  expect(most?.best).toEqual(["sse"]);
  expect(most?.answers.polling).toContain("990");
  expect(sent?.best).toEqual(["sse"]);
  expect(rows.filter(({ measured }) => !measured)).toHaveLength(2);
});

test("what was not measured has no best", () => {
  const rows = decisionTable([figures("sse", { backMs: undefined }), figures("websocket"), polled]);
  const back = rows.find(({ question }) => question === "Back after a cut");
  expect(back?.best).toEqual([]);
  expect(back?.answers.sse).toBe("–");
  expect(decisionTable([]).every(({ measured, best }) => !measured || best.length === 0)).toBe(
    true,
  );
});

test("the verdict follows the figures and not our taste", () => {
  expect(verdict([])).toBe("");
  expect(verdict([figures("sse"), figures("websocket"), polled])).toMatch(/^Server-Sent Events/);
  const worse = figures("sse", { serverBytes: 400, serverMicroseconds: 40 });
  expect(verdict([worse, figures("websocket"), polled])).toMatch(/^WebSocket/);
  const seldom = { readings: 3, missing: 0, serverBytes: 900 };
  const rare = [figures("sse", seldom), figures("websocket", seldom), figures("polling")];
  expect(verdict(rare)).toMatch(/^Polling/);
});

test("the server's share is of this page's own messages", () => {
  const tally = counting();
  for (let at = 0; at < 40; at += 1) {
    tally.hear(10, 1_000);
    tally.take([{ n: "a", v: 1, t: at }], 1_000);
  }
  // Twice as many messages went to others.
  const spent = { cpuSeconds: 0.0012, bytes: 12_000, messages: 120, connections: 3 };
  const made = figuresOf("sse", tally, 0, spent);
  expect(made.serverBytes).toBeCloseTo(100);
  expect(made.serverMicroseconds).toBeCloseTo(10);
  expect(figuresOf("sse", counting(), 0, spent).serverBytes).toBeUndefined();
  expect(figuresOf("sse", tally, 0, undefined).serverMicroseconds).toBeUndefined();
});
