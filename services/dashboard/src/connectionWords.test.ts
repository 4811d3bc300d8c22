import { expect, test } from "vitest";
import { entryText, roleText } from "./connectionWords";

test.each([
  [{ kind: "state", before: "live", state: "upstream_down" }, "live → upstream down"],
  [{ kind: "reconnect", resumed: true, position: null }, "Reconnected, nothing missed"],
  [{ kind: "reconnect", resumed: false, position: null }, "Reconnected from the start"],
  [{ kind: "gap", from: "1", to: "9", reason: "too_far" }, "Gap from 1 to 9: too far"],
  [{ kind: "rate", maxHz: null, why: "shown" }, "Every reading (shown)"],
  [{ kind: "filter", patterns: [] }, "Asked for all sensors"],
] as const)("%o reads %s", (happening, text) => {
  expect(entryText({ at: 0, ...happening })).toBe(text);
});

test("a tab says with how many others it shares", () => {
  expect(roleText({ role: "alone", tabs: 1 })).toBe("alone");
  expect(roleText({ role: "follower", tabs: 3 })).toBe("follower, 3 tabs share one stream");
});
