import { expect, test } from "vitest";
import { ageText, dayTime, delayText, plural } from "./wording";

test("ages are coarse", () => {
  const shown = [0, 1.9, 2, 59.9, 89, 90, 3600, 86_400, 864_000].map(ageText);
  expect(shown).toEqual(["now", "now", "2 s", "59 s", "89 s", "1 min", "60 min", "24 h", "10 d"]);
});

test("a delay is shown where it can be known", () => {
  const shown = [0.0121, 1.26, -0.3, 1e6, undefined].map(delayText);
  expect(shown).toEqual(["12 ms", "1.3 s", "< 1 ms", "–", "–"]);
});

test("one is not many", () => {
  expect([plural(1, "gap"), plural(2, "gap")]).toEqual(["1 gap", "2 gaps"]);
});

test("a time of another day has its date", () => {
  const noon = new Date(2026, 10, 28, 12).getTime();
  const text = (ms: number) => String(new Date(ms).getHours());
  expect(dayTime(noon, noon + 3_600_000, text)).toBe("12");
  const before = dayTime(noon, noon + 86_400_000, text);
  expect(before).toContain("2026");
  expect(before.endsWith(", 12")).toBe(true);
});
