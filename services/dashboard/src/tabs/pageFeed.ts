import { newCid } from "../cid";
import { parsePack } from "../senml";
import type { Credentials } from "../ticket";
import { TicketSource } from "../ticketSource";
import { BusyMeter } from "./busyMeter";
import type { FeedServer } from "./lead";
import { SharedFeed } from "./sharedFeed";
import { TABS } from "./tabMessage";
import { browserChannel, browserLock } from "./tabPorts";

const TICK_MS = 1_000;

/** This page's feed, bound to what the browser tells of the page's own life. */
export function pageFeed(credentials: Credentials): SharedFeed {
  const feed = new SharedFeed({
    tab: newCid(),
    server: edgeFor(credentials),
    lock: browserLock(TABS),
    channel: browserChannel(TABS),
  });
  const meter = new BusyMeter(TICK_MS);
  meter.watch();
  setInterval(() => feed.tick(meter.read()), TICK_MS);
  feed.setHidden(document.hidden);
  document.addEventListener("visibilitychange", () => feed.setHidden(document.hidden));
  // A frozen page holds no connection that others wait for, and one in the back/forward cache neither.
  document.addEventListener("freeze", () => feed.leave());
  document.addEventListener("resume", () => feed.comeBack());
  addEventListener("pagehide", () => feed.leave());
  addEventListener("pageshow", (event) => {
    if (event.persisted) feed.comeBack();
  });
  return feed;
}

/** The token is read at each use, since a newer one may be there. */
function edgeFor(credentials: Credentials): FeedServer {
  const open = (url: string) => new EventSource(url);
  return {
    open: (url) =>
      credentials.token === ""
        ? open(url)
        : new TicketSource(url, credentials.ticket("feed"), open),
    latest: async (url) => {
      try {
        const answer = await fetch(url, { headers: credentials.headers, cache: "no-store" });
        return answer.ok ? parsePack(await answer.text()) : undefined;
      } catch {
        return undefined;
      }
    },
  };
}
