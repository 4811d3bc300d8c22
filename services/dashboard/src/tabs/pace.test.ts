import { describe, expect, test } from "vitest";
import { CALM_SECONDS_MAX, fastest, Pace } from "./pace";

function seconds(pace: Pace, count: number, busy: number): (number | undefined)[] {
  return Array.from({ length: count }, () => {
    pace.tick(busy, 0);
    return pace.maxHz;
  });
}

describe("the pace", () => {
  test("falls after five overloaded seconds in a row, not after four", () => {
    const pace = new Pace();
    seconds(pace, 4, 0.9);
    seconds(pace, 1, 0.3);
    expect(seconds(pace, 4, 0.9)).toEqual([undefined, undefined, undefined, undefined]);
    expect(seconds(pace, 1, 0.9)).toEqual([10]);
    expect(pace.why).toBe("slow machine");
    seconds(pace, 100, 0.9);
    expect(pace.maxHz).toBe(2);
  });

  test("rises after calm that grows longer each time", () => {
    const pace = new Pace();
    seconds(pace, 5, 1);
    expect(seconds(pace, 20, 0).indexOf(undefined)).toBe(19);
    seconds(pace, 5, 1);
    expect(seconds(pace, 39, 0.1).at(-1)).toBe(10);
    expect(seconds(pace, 1, 0.1)).toEqual([undefined]);
  });

  test("rises after so much calm at the most, however often it fell", () => {
    const pace = new Pace();
    const calmNeeded = () => {
      seconds(pace, 5, 1);
      return seconds(pace, 1000, 0).indexOf(undefined) + 1;
    };
    const needed = Array.from({ length: 7 }, calmNeeded);
    expect(needed).toEqual([20, 40, 80, 160, CALM_SECONDS_MAX, CALM_SECONDS_MAX, CALM_SECONDS_MAX]);
  });

  test("stays where it is between calm and overload", () => {
    const pace = new Pace();
    seconds(pace, 5, 1);
    expect(new Set(seconds(pace, 100, 0.4))).toEqual(new Set([10]));
  });

  test("is low in a page hidden for five seconds and full at once when it's visible", () => {
    const pace = new Pace();
    pace.setHidden(true, 1_000);
    pace.tick(0, 5_999);
    expect(pace.maxHz).toBeUndefined();
    pace.tick(1, 6_000);
    expect(pace.maxHz).toBe(1);
    expect(pace.why).toBe("hidden");
    pace.setHidden(false, 6_500);
    expect(pace.maxHz).toBeUndefined();
  });

  test("of several is the fastest", () => {
    expect(fastest([1, undefined])).toBeUndefined();
    expect(fastest([1, 4])).toBe(4);
    expect(fastest([])).toBeUndefined();
  });
});
