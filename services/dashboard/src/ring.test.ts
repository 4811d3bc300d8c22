import { describe, expect, test } from "vitest";
import { BREAK, Ring } from "./ring";

function points(ring: Ring, from: number, to: number) {
  return Array.from({ length: to - from + 1 }, (_, i) => ring.at(from + i));
}

describe("a ring", () => {
  test("keeps one value per slot, the last one given", () => {
    const ring = new Ring(10, 0.5);
    ring.put(1.0, 1);
    ring.put(1.4, 2);
    ring.put(2.1, 3);
    expect(points(ring, 2, 4)).toEqual([2, undefined, 3]);
    expect(ring.newestSlot).toBe(4);
  });

  test("holds its capacity and no more", () => {
    const ring = new Ring(4, 1);
    for (let t = 0; t < 100; t++) ring.put(t, t);
    expect(points(ring, 95, 99)).toEqual([undefined, 96, 97, 98, 99]);
  });

  test("puts a reading that arrives late where it belongs", () => {
    const ring = new Ring(10, 1);
    ring.put(5, 5);
    ring.put(3, 3);
    expect(points(ring, 3, 5)).toEqual([3, undefined, 5]);
    expect(ring.newestSlot).toBe(5);
  });

  test("refuses a reading that is older than it reaches", () => {
    const ring = new Ring(4, 1);
    ring.put(7, 7);
    ring.put(10, 10);
    ring.put(6.9, 6);
    expect(ring.at(10)).toBe(10);
    expect(ring.at(6)).toBeUndefined();
  });

  test("starts again when the time went back for good", () => {
    const ring = new Ring(4, 1);
    ring.put(1000, 1);
    for (let t = 10; t < 16; t++) ring.put(t, t);
    expect(points(ring, 13, 15)).toEqual([undefined, 14, 15]);
    expect(ring.at(1000)).toBeUndefined();
    expect(ring.newestSlot).toBe(15);
  });

  test("breaks its line where a loss was told", () => {
    const ring = new Ring(10, 1);
    ring.breakLine();
    ring.put(1, 1);
    ring.breakLine();
    ring.put(5, 5);
    expect(points(ring, 1, 5)).toEqual([1, BREAK, undefined, undefined, 5]);
    expect(ring.line(0, 6)).toEqual([undefined, 1, BREAK, BREAK, BREAK, 5, undefined]);
  });

  test("survives times before 1970 and of another age", () => {
    const ring = new Ring(4, 1);
    for (const t of [-3, 0, 1e12]) ring.put(t, t);
    expect(ring.at(1e12)).toBe(1e12);
  });
});
