import { parsePack } from "../senml";
import { bytesOf, type Lane, type LanePage } from "./lane";
import type { Tally } from "./tally";

const PATH = "/readings/latest";

/** A lane that asks again and again, and is told what is newest. */
export class PollLane implements Lane {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asking: AbortController | undefined;
  private etag = "";
  private readonly newest = new Map<string, number>();

  constructor(
    private readonly page: LanePage,
    private readonly everyMs: number,
    private readonly tally: Tally,
    private readonly ask: typeof fetch = (...given) => fetch(...given),
  ) {}

  start(): void {
    void this.poll();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.asking?.abort();
  }

  cut(outageMs: number): void {
    this.stop();
    this.timer = setTimeout(() => {
      this.tally.awaitReturn(this.page.now());
      void this.poll();
    }, outageMs);
  }

  private async poll(): Promise<void> {
    const asking = new AbortController();
    this.asking = asking;
    const begun = this.page.now();
    try {
      await this.fetch(asking.signal);
    } catch {
      // No answer: the next one is due all the same.
    }
    if (asking.signal.aborted) return;
    const left = Math.max(0, this.everyMs - (this.page.now() - begun));
    this.timer = setTimeout(() => void this.poll(), left);
  }

  private async fetch(signal: AbortSignal): Promise<void> {
    const query = await this.page.query();
    const headers = this.page.headers();
    if (this.etag !== "") headers["If-None-Match"] = this.etag;
    const url = `${this.page.feed}${PATH}?${query}`;
    const answer = await this.ask(url, { headers, signal, cache: "no-store" });
    const text = answer.status === 200 ? await answer.text() : "";
    if (answer.status !== 200 && answer.status !== 304) return;
    const now = this.page.now();
    this.tally.hear(bytesOf(text), now);
    this.etag = answer.headers.get("etag") ?? "";
    const fresh = (parsePack(text) ?? []).filter(({ n, t }) => this.newest.get(n) !== t);
    for (const { n, t } of fresh) this.newest.set(n, t);
    this.tally.take(fresh, now);
  }
}
