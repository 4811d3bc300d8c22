import { expect, test } from "vitest";
import { axisNumbers } from "./chartOptions";

test.each([
  [[17, 17.25, 17.5], 0.25, ["17.00", "17.25", "17.50"]],
  [[0.1, 0.2, 0.3], 0.1, ["0.1", "0.2", "0.3"]],
  [[0.29, 0.58], 0.29, ["0.29", "0.58"]],
  [[0, 500, 1000], 500, ["0", "500", "1,000"]],
])("an axis writes %j in steps of %d as %j", (splits, step, texts) => {
  expect(axisNumbers(splits, step)).toEqual(texts);
});
