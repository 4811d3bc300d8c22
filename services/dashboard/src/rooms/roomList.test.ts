import { expect, test } from "vitest";
import { LISTED_MAX, parseRooms } from "./roomList";

test("so many rooms are listed, and no more", () => {
  const listed = (count: number) => {
    const rooms = Array.from({ length: count }, (_, n) => ({ room: `r${n}`, count: n, time: n }));
    return parseRooms(JSON.stringify({ rooms })).map(({ room }) => room);
  };
  expect(listed(LISTED_MAX)).toHaveLength(LISTED_MAX);
  expect(listed(LISTED_MAX + 1)).toEqual(listed(LISTED_MAX));
});

test("what isn't a list of rooms is an empty one", () => {
  expect(parseRooms("<html>")).toEqual([]);
  expect(parseRooms('{"rooms":[1,{"room":2},{"room":"attic"}]}')).toEqual([
    { room: "attic", count: 0, time: 0 },
  ]);
});
