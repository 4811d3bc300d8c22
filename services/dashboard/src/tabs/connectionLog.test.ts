import { expect, test } from "vitest";
import { ConnectionLog, ENTRIES_KEPT } from "./connectionLog";

test("so many happenings are kept; one more takes the place of the oldest", () => {
  let now = 0;
  const log = new ConnectionLog(() => now++);
  const note = () => log.note({ kind: "reconnect", resumed: true, position: null });
  for (let n = 0; n < ENTRIES_KEPT; n++) note();
  expect([log.entries.length, log.entries[0]?.at]).toEqual([ENTRIES_KEPT, 0]);
  note();
  expect([log.entries.length, log.entries[0]?.at]).toEqual([ENTRIES_KEPT, 1]);
});
