import { describe, expect, test } from "vitest";
import { liveShare, stretchesOf } from "./stretches";
import type { ConnectionEntry } from "./tabs/connectionLog";

const LOG: readonly ConnectionEntry[] = [
  { at: 100, kind: "state", state: "live", before: "connecting" },
  { at: 150, kind: "rate", maxHz: null, why: "visible" },
  { at: 400, kind: "state", state: "offline", before: "live" },
  { at: 500, kind: "state", state: "live", before: "offline" },
];

describe("the time behind, as the log tells it", () => {
  test("is whole, and says nothing of before its beginning", () => {
    expect(stretchesOf(LOG, 0, 600)).toEqual([
      { state: "live", from: 100, to: 400 },
      { state: "offline", from: 400, to: 500 },
      { state: "live", from: 500, to: 600 },
    ]);
  });

  test("is cut where one begins to look", () => {
    expect(stretchesOf(LOG, 450, 600)[0]).toEqual({ state: "offline", from: 450, to: 500 });
    expect(stretchesOf(LOG, 550, 600)).toHaveLength(1);
    expect(stretchesOf([], 0, 600)).toEqual([]);
  });

  test("was live for so much of it", () => {
    expect(liveShare(stretchesOf(LOG, 0, 600))).toBe(0.8);
    expect(liveShare([])).toBe(0);
  });
});
