import { describe, expect, test } from "vitest";
import { bytesText, rangeText, showBare, showNumber, showRecord, unitSymbol } from "./unit";

describe("a value on the page", () => {
  test.each([
    [21.4, "Cel", "21.4", "°C"],
    [54.25, "%RH", "54.3", "% RH"],
    [2.34567, "V", "2.35", "V"],
    [0.5, "/", "0.500", ""],
    [-7.25, "Cel", "-7.25", "°C"],
    [412, "ppm", "412", "ppm"],
    [101325.4, "Pa", "101,325", "Pa"],
    [0, undefined, "0", ""],
    [8236154880, "B", "7.67", "GiB"],
    [-2048, "B/s", "-2.00", "KiB/s"],
    [900, "B", "900", "B"],
    [6.02e23, "mol", "6.02e+23", "mol"],
    [0.00004, "A", "4.00e-5", "A"],
  ])("%d %s reads %s %s", (value, unit, shown, symbol) => {
    expect(showNumber(value, unit)).toEqual({ value: shown, unit: symbol });
  });

  test("a whole number is written like the others of its place", () => {
    expect(showNumber(25, "%", false).value).toBe("25.0");
    expect(showNumber(0, "lx", false).value).toBe("0");
  });

  test("truth values and texts are words", () => {
    expect(showRecord({ n: "a/b", vb: true, t: 1 })).toEqual({ value: "on", unit: "" });
    expect(showRecord({ n: "a/b", vb: false, t: 1 })).toEqual({ value: "off", unit: "" });
    expect(showRecord({ n: "a/b", vs: "<b>open", t: 1 })).toEqual({ value: "<b>open", unit: "" });
  });

  test("steps of bytes have the decimals they need", () => {
    expect(bytesText(48 * 1024 * 1024, "B/s")).toBe("48 MiB/s");
    expect(bytesText(1536, "B")).toBe("1.50 KiB");
  });

  test("a unit that is not in the registry passes through", () => {
    expect(unitSymbol("furlong")).toBe("furlong");
  });

  test("a number whose unit stands elsewhere keeps its prefix", () => {
    expect(showBare(21.4, "Cel")).toBe("21.4");
    expect(showBare(8236154880, "B")).toBe("7.67 GiB");
  });

  test("a unit named like a property of every object is only a name", () => {
    expect(unitSymbol("constructor")).toBe("constructor");
  });
});

test.each([
  [20.2, 22.6, "Cel", "20.2 – 22.6"],
  [2048, 4096, "B", "2.00 – 4.00 KiB"],
  [0, 0, "B/s", "0 B/s"],
  [58, 62.44, "%RH", "58.0 – 62.4"],
  [9.5, 10, "Cel", "9.5 – 10.0"],
])("the range %d to %d %s reads %s", (min, max, unit, text) => {
  expect(rangeText(min, max, unit)).toBe(text);
});
