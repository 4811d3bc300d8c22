import { expect, test } from "vitest";
import { Viewport } from "./viewport";

test("follows time until a part is looked at, and again afterwards", () => {
  const view = new Viewport(300);
  expect(view.at(1000)).toEqual({ from: 700, to: 1000 });
  view.look({ from: 800, to: 900 }, 1000);
  expect([view.follows, view.at(1010)]).toEqual([false, { from: 800, to: 900 }]);
  view.follow();
  expect(view.at(1010)).toEqual({ from: 710, to: 1010 });
});

test("zooms around a place that stays", () => {
  const view = new Viewport(300);
  view.zoom(0.5, 1000, 900);
  expect(view.at(1000)).toEqual({ from: 800, to: 950 });
});

test("never looks outside the span, nor too close", () => {
  const view = new Viewport(300);
  view.look({ from: 800, to: 900 }, 1000);
  view.pan(-9, 1000);
  expect(view.at(1000)).toEqual({ from: 700, to: 800 });
  view.pan(9, 1000);
  expect(view.at(1000)).toEqual({ from: 900, to: 1000 });
  view.zoom(0.0001, 1000);
  expect(view.at(1000).to - view.at(1000).from).toBe(5);
});

test("zooming out to all of it follows again", () => {
  const view = new Viewport(300);
  view.zoom(0.5, 1000);
  view.zoom(8, 1000);
  expect(view.follows).toBe(true);
});
