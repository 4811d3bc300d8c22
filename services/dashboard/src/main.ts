import "./style/base.css";
import "uplot/dist/uPlot.min.css";
import "./style/layout.css";
import "./style/readings.css";
import "./style/room.css";
import type { LedgerPage } from "./ledger";
import { Readings } from "./readings";
import { type Mount, Shell } from "./shell";
import { Talk, type TalkPage } from "./talk";

declare global {
  interface Window {
    /** For browser tests; see README.md, "For tests". */
    airwave: LedgerPage & { chat: TalkPage };
  }
}

const readings = new Readings();
const talk = new Talk();
window.airwave = Object.assign(readings.ledger.page, { chat: talk.page });

function wake(): void {
  readings.wake();
  talk.wake();
}

addEventListener("online", wake);
addEventListener("pagehide", () => talk.depart());
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  readings.wake();
  talk.arrive();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) wake();
});

setInterval(() => {
  readings.tick();
  talk.tick();
}, 1000);

/** Code that few ask for is no part of the first load. */
const labs = import.meta.glob<{ mountLab: Mount }>(["./lab/lab.ts", "./lab/index.ts"]);

async function loadLab(): Promise<Mount> {
  const lab = await Object.values(labs)[0]?.();
  if (lab === undefined) throw new Error("this page was built without the lab");
  return lab.mountLab;
}

new Shell(loadLab).start();
readings.start();
talk.start();
