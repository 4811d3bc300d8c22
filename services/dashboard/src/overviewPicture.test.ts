// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { AREA_MAX, layoutOf } from "./overviewPicture";

function part(width: number, height: number, lines = 2, leftOut = 0) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const line = { name: "a/t", value: "21.5", colour: "red" };
  return {
    heading: "Temperature",
    canvas,
    lines: Array.from({ length: lines }, () => line),
    leftOut,
  };
}

test("charts stand beside each other, under each other, and never on each other", () => {
  const { places, width, height, shrink } = layoutOf(
    [part(400, 200), part(400, 200, 12, 3), part(400, 200), part(400, 200)],
    1,
  );
  expect(places.map(({ x }) => x)).toEqual([16, 432, 848, 16]);
  const [first, , , below] = places.map(({ y }) => y);
  // A heading, the chart, twelve lines and the word about the others.
  expect((below ?? 0) - (first ?? 0)).toBe(22 + 200 + 13 * 22 + 16);
  expect(width).toBe(848 + 400 + 16);
  expect(height).toBe((below ?? 0) + 22 + 200 + 2 * 22 + 16);
  expect(shrink).toBe(1);
});

test("a picture has so many pixels, and larger ones are drawn smaller", () => {
  const many = (count: number) =>
    layoutOf(
      Array.from({ length: count }, () => part(1400, 500)),
      2,
    );
  expect(many(12).shrink).toBe(1);
  const { width, height, shrink } = many(24);
  expect(shrink).toBeLessThan(1);
  expect(width * shrink * height * shrink).toBeCloseTo(AREA_MAX, 0);
});
