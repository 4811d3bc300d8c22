import "./style/base.css";
import "uplot/dist/uPlot.min.css";
import "./style/layout.css";
import "./style/readings.css";
import "./style/chart.css";
import "./style/log.css";
import "./style/room.css";
import "./style/roomList.css";
import "./style/messages.css";
import type { Drawn } from "./drawn";
import { startLab } from "./lab/startLab";
import type { LedgerPage } from "./ledger";
import { Readings } from "./readings";
import { Shell } from "./shell";
import { pageFeed } from "./tabs/pageFeed";
import { Talk, type TalkPage } from "./talk";
import { pageCredentials } from "./ticket";

declare global {
  interface Window {
    /** For browser tests; see README.md, "For tests". */
    airwave: LedgerPage & { chat: TalkPage; drawn: Drawn };
  }
}

const credentials = pageCredentials();
const feed = pageFeed(credentials);
const readings = new Readings(feed);
const talk = new Talk(credentials, { onToken: () => feed.wake() });
window.airwave = Object.assign(feed.ledger, { chat: talk.page, drawn: readings.drawn });

function wake(): void {
  feed.wake();
  talk.wake();
}

addEventListener("online", wake);
addEventListener("pagehide", () => talk.depart());
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  talk.arrive();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) wake();
});

setInterval(() => {
  readings.tick();
  talk.tick();
}, 1000);

new Shell().start();
startLab();
feed.start();
talk.start();
