import { expect, test } from "vitest";
import { Memory, type Store, storageOf } from "./memory";

function fakeStore(): Store {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

test("a name is the browser's, a session the tab's", () => {
  const browser = fakeStore();
  const tab = fakeStore();
  const first = new Memory(browser, tab);
  first.name = "ada";
  first.session = { id: "s1", user: "ada-7f" };
  first.depart();
  expect(new Memory(browser, fakeStore()).session).toBeUndefined();
  expect(new Memory(browser, fakeStore()).name).toBe("ada");
  expect(new Memory(browser, tab).session).toEqual({ id: "s1", user: "ada-7f" });
});

test("posts go from one page of the tab to the next, and not into a duplicated tab", () => {
  const tab = fakeStore();
  const page = new Memory(undefined, tab);
  page.posts = "{}";
  page.depart();
  expect(new Memory(undefined, tab).posts).toBe("{}");
  expect(new Memory(undefined, tab).posts).toBe("");
});

test("a tab duplicated while the page is there doesn't get its session", () => {
  const tab = fakeStore();
  const page = new Memory(undefined, tab);
  page.session = { id: "s1", user: "ada" };
  page.depart();
  const reloaded = new Memory(undefined, tab);
  expect(reloaded.session).toEqual({ id: "s1", user: "ada" });
  expect(new Memory(undefined, tab).session).toBeUndefined();
});

test("storage that is refused is only forgetful", () => {
  const refused = () => {
    throw new Error("SecurityError");
  };
  const store = { getItem: refused, setItem: refused, removeItem: refused };
  for (const memory of [new Memory(store, store), new Memory(storageOf(refused), undefined)]) {
    memory.name = "ada";
    expect(memory.name).toBe("");
    memory.depart();
    expect(memory.session).toBeUndefined();
  }
});
