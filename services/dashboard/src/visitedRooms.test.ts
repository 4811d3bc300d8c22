import { expect, test } from "vitest";
import { emptyRoom } from "./room";
import { ROOMS_KEPT, VisitedRooms } from "./visitedRooms";

test("so many rooms are kept; for one more the one least lately read has to be left", () => {
  const visited = new VisitedRooms();
  for (let n = 1; n <= ROOMS_KEPT; n++) {
    expect(visited.go(emptyRoom(`room-${n}`))).toBeUndefined();
  }
  visited.go(emptyRoom("room-1"));
  expect(visited.go(emptyRoom("one-more"))).toBe("room-2");
  expect(visited.go(emptyRoom("another"), (room) => room.name !== "room-2")).toBe("room-3");
});
