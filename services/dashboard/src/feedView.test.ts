// @vitest-environment happy-dom
import { readFileSync } from "node:fs";
import { beforeEach, expect, test } from "vitest";
import { must } from "./dom";
import { AT_START } from "./feedState";
import { ENTRIES_SHOWN, FeedView, GAPS_SHOWN } from "./feedView";
import { Ledger } from "./ledger";
import type { ConnectionEntry } from "./tabs/connectionLog";
import type { LiveFeed } from "./tabs/liveFeed";

let view: FeedView;

beforeEach(() => {
  document.documentElement.innerHTML = readFileSync("index.html", "utf-8");
  view = new FeedView();
});

function show(gaps: number, entries: number): void {
  const log: ConnectionEntry[] = Array.from({ length: entries }, (_, n) => ({
    at: n,
    kind: "leader",
    leader: `tab-${n}`,
  }));
  const { page } = new Ledger();
  for (let n = 0; n < gaps; n++) {
    page.gaps.push({ from: `${n}`, to: `${n + 1}`, reason: "evicted", id: null });
  }
  const facts = AT_START;
  view.update({ facts, ledger: page, log, role: "leader", tabs: 1 } as unknown as LiveFeed);
}

const items = (id: string) => Array.from(must(id, HTMLElement).children, (li) => li.textContent);

test("so many gaps and happenings are listed, the newest of more, and all are counted", () => {
  show(GAPS_SHOWN, ENTRIES_SHOWN);
  expect(items("feed-gap-list")).toHaveLength(GAPS_SHOWN);
  expect(items("feed-gap-list").at(-1)).toContain("0 to 1");
  expect(items("feed-log-list")).toHaveLength(ENTRIES_SHOWN);
  show(GAPS_SHOWN + 1, ENTRIES_SHOWN + 1);
  expect(items("feed-gap-list")).toHaveLength(GAPS_SHOWN);
  expect(items("feed-gap-list").at(-1)).toContain("1 to 2");
  expect(must("feed-gap-count", HTMLElement).textContent).toBe("21 gaps told");
  expect(items("feed-log-list")).toHaveLength(ENTRIES_SHOWN);
});
