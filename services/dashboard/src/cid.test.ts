import { expect, test } from "vitest";
import { newCid } from "./cid";

const UUID4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("a cid is a UUID, with randomUUID and without", () => {
  const plainHttp = { getRandomValues: crypto.getRandomValues.bind(crypto) };
  expect(newCid()).toMatch(UUID4);
  expect(newCid(plainHttp)).toMatch(UUID4);
  expect(newCid(plainHttp)).not.toBe(newCid(plainHttp));
});
