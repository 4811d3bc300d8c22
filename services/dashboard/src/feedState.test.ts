import { describe, expect, test } from "vitest";
import { AT_START, describeFeed, stateOf, valuesMayBeOld } from "./feedState";

const open = { ...AT_START, phase: "open" } as const;

describe("the state shown", () => {
  test("is the worst that is true", () => {
    expect(stateOf(AT_START)).toBe("connecting");
    expect(stateOf(open)).toBe("live");
    expect(stateOf({ ...open, upstreamDown: true })).toBe("upstream_down");
    expect(stateOf({ ...open, upstreamDown: true, gapOpen: true })).toBe("gap");
    expect(stateOf({ ...open, phase: "resuming", upstreamDown: true })).toBe("resuming");
    expect(stateOf({ ...open, phase: "resuming", stale: true })).toBe("stale");
  });

  test("says when values may be old", () => {
    expect(valuesMayBeOld("live")).toBe(false);
    expect(valuesMayBeOld("upstream_down")).toBe(true);
    expect(valuesMayBeOld("stale")).toBe(true);
    expect(valuesMayBeOld("signed_out")).toBe(true);
  });

  test("reads as a sentence with its time", () => {
    const clockTime = (ms: number) => `T${ms}`;
    const text = (facts: object) => describeFeed({ ...open, ...facts }, 1000, clockTime);
    expect(text({})).toBe("Live");
    expect(text({ endsAt: 9 })).toBe("Live, sign-in ends at T9");
    expect(text({ phase: "offline", signedOut: true, retryAt: 3000 })).toBe(
      "Signed out, trying again in 2 s",
    );
    expect(text({ stale: true, heardAt: 7 })).toBe("Stale since T7");
    expect(text({ stale: true, heardAt: 7, retryAt: 2500 })).toBe(
      "Stale since T7, trying again in 2 s",
    );
    expect(text({ phase: "draining", retryAt: 2830 })).toBe(
      "Server is leaving, trying again in 2 s",
    );
    expect(text({ phase: "offline", retryAt: 900 })).toBe("Offline, trying again");
    expect(text({ upstreamDown: true, downSince: 5 })).toBe("Upstream down since T5");
  });
});
