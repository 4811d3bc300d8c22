import { expect, test } from "vitest";
import { Changes } from "./changes";

const change = { type: "delete", room: "lobby", position: "aaaa-1", cid: "c1" } as const;

test("a change is sent again until it is confirmed, under the same cid", () => {
  const changes = new Changes();
  changes.add(change, "ada", 0);
  expect(changes.again("attic", "ada", 1)).toEqual([]);
  expect(changes.again("lobby", "ada", 1)).toEqual([change]);
  expect(changes.close("c1")).toBe(true);
  expect(changes.again("lobby", "ada", 1)).toEqual([]);
});

test("a change isn't repeated under another name, nor after nine minutes", () => {
  const changes = new Changes();
  changes.add(change, "ada", 0);
  expect(changes.again("lobby", "bob", 1)).toEqual([]);
  changes.add(change, "ada", 0);
  expect(changes.again("lobby", "ada", 9 * 60_000)).toEqual([]);
});
