import { describe, expect, test } from "vitest";
import { AT_START } from "../feedState";
import { parseTabMessage, type TabMessage } from "./tabMessage";

const raw = { after: null, type: "readings", data: "[]", id: "e3f9-1" } as const;
const stream = { patterns: ["a/b"], maxHz: 4 };
const records = [{ n: "a/b", v: 1, t: 2 }];

const said: TabMessage[] = [
  { from: "x", kind: "lead", term: 3, position: "e3f9-1" },
  { from: "x", kind: "want", ...stream, hidden: true, position: null, fresh: true },
  { from: "x", kind: "bye" },
  { from: "x", kind: "ping" },
  { from: "x", kind: "pong", term: 3, tabs: 2 },
  { from: "x", kind: "roll", term: 3, tabs: 2 },
  { from: "x", kind: "heir", term: 3, to: "y" },
  { from: "x", kind: "stream", term: 3, ...stream },
  { from: "x", kind: "facts", term: 3, facts: { ...AT_START, phase: "open", heardAt: 5 } },
  { from: "x", kind: "event", term: 3, raw },
  { from: "x", kind: "fill", to: "y", events: [raw] },
  { from: "x", kind: "latest", term: 3, records },
  {
    from: "x",
    kind: "state",
    to: "y",
    term: 3,
    position: "e3f9-1",
    records,
    serverAhead: 0.5,
    facts: AT_START,
    ...stream,
  },
];

describe("what tabs say", () => {
  test.each(said.map((message) => [message.kind, message]))("%s is read as said", (_, message) => {
    expect(parseTabMessage(structuredClone(message))).toEqual(message);
  });

  test.each([
    [null],
    ["lead"],
    [{ kind: "lead" }],
    [{ kind: "later", from: "x" }],
    [{ kind: "toString", from: "x" }],
    [{ kind: "event", from: "x", term: 1, raw: { ...raw, type: "markup" } }],
    [{ kind: "event", from: "x", term: 1, raw: { ...raw, data: 5 } }],
    [{ kind: "state", from: "x", to: "y", term: 1 }],
  ])("%j is nothing", (value) => {
    expect(parseTabMessage(value)).toBeUndefined();
  });

  test("what can't be read of a list is left out", () => {
    const message = { kind: "latest", from: "x", term: 1, records: [{ n: 5 }, ...records] };
    expect(parseTabMessage(message)).toMatchObject({ records });
  });
});
