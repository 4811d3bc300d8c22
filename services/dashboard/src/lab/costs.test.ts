import { expect, test } from "vitest";
import { type Costs, parseCosts, spentBetween } from "./costs";

const one = (cpu: number) => ({ cpu_seconds: cpu, bytes: 1_000, messages: 10, connections: 2 });
const told = (since: number, cpu: number) =>
  JSON.stringify({
    since,
    server_time: 100 + cpu,
    cpu_seconds: cpu * 3,
    transports: { sse: one(cpu), websocket: one(cpu * 2), polling: one(cpu) },
  });
const costs = (since: number, cpu: number) => parseCosts(told(since, cpu)) as Costs;

test("what isn't costs is none", () => {
  for (const text of ["", "[]", "{}", '{"transports":[]}']) {
    expect(parseCosts(text)).toBeUndefined();
  }
  expect(parseCosts('{"transports":{"sse":7}}')?.transports.sse.messages).toBe(0);
});

test("between two answers lies what was spent", () => {
  const spent = spentBetween(costs(5, 1), costs(5, 3));
  expect(spent?.cpuSeconds).toBe(6);
  expect(spent?.serverTime).toBe(2);
  expect(spent?.transports.websocket).toEqual({
    cpuSeconds: 4,
    bytes: 0,
    messages: 0,
    connections: 2,
  });
});

test("of two replicas nothing can be told", () => {
  expect(spentBetween(costs(5, 1), costs(6, 3))).toBeUndefined();
});
