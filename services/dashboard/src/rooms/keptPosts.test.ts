import { expect, test } from "vitest";
import { failed, posted, sent } from "../post";
import { emptyRoom } from "../room";
import { encodePosts, parsePosts } from "./keptPosts";

test("posts are kept with their cids, their author and why they failed", () => {
  const lobby = sent(posted(emptyRoom("lobby"), "c1", "hello"), "c1", 1000, "ada");
  const why = { reason: "slow down", retryable: true };
  const attic = failed(posted(emptyRoom("attic"), "c2", "<b>"), "c2", why);
  const text = encodePosts([lobby, attic, emptyRoom("cellar")]);
  expect(parsePosts(text, "lobby")).toMatchObject([
    { cid: "c1", text: "hello", state: "pending", sentBy: "ada", firstSentAt: 1000, tries: 0 },
  ]);
  expect(parsePosts(text, "attic")).toMatchObject([{ cid: "c2", state: "failed", ...why }]);
  expect(parsePosts(text, "cellar")).toEqual([]);
});

test("nothing is kept of rooms without posts", () => {
  expect(encodePosts([emptyRoom("lobby")])).toBe("");
});

test("what somebody else wrote into the storage is no post", () => {
  for (const text of ["", "[", "[]", '{"lobby":1}', '{"lobby":[1,{"cid":"","text":"x"}]}']) {
    expect(parsePosts(text, "lobby")).toEqual([]);
  }
  expect(parsePosts("{}", "toString")).toEqual([]);
});
