import { expect, test, vi } from "vitest";
import type { Source } from "../feedStream";
import { TicketedSource } from "./ticketedSource";

class FakeSource implements Source {
  readyState = 0;
  onerror: ((event: Event) => unknown) | null = null;
  readonly heard: string[] = [];
  closed = false;

  constructor(readonly url: string) {}

  addEventListener(type: string): void {
    this.heard.push(type);
  }

  close(): void {
    this.closed = true;
  }
}

function stage(ticket: Promise<string | undefined>) {
  const opened: FakeSource[] = [];
  const source = new TicketedSource("/feed/readings?a=1", ticket, (url) => {
    const made = new FakeSource(url);
    opened.push(made);
    return made;
  });
  source.addEventListener("hello", () => {});
  const onerror = vi.fn();
  source.onerror = onerror;
  return { source, opened, onerror };
}

const settled = () => new Promise((done) => setTimeout(done));

test("the stream is opened with the ticket, and heard", async () => {
  const { source, opened } = stage(Promise.resolve("t+1"));
  expect(source.readyState).toBe(0);
  await settled();
  expect(opened).toMatchObject([{ url: "/feed/readings?a=1&ticket=t%2B1", heard: ["hello"] }]);
});

test("where nobody gives tickets the address stays as it is", async () => {
  const { opened } = stage(Promise.resolve(undefined));
  await settled();
  expect(opened).toMatchObject([{ url: "/feed/readings?a=1" }]);
});

test("a connection that is lost isn't made again with the ticket that is spent", async () => {
  const { source, opened, onerror } = stage(Promise.resolve("t"));
  await settled();
  opened[0]?.onerror?.(new Event("error"));
  expect([source.readyState, opened[0]?.closed]).toEqual([2, true]);
  expect(onerror).toHaveBeenCalledOnce();
});

test("no ticket, no stream: it says so", async () => {
  const { source, opened, onerror } = stage(Promise.reject(new Error("401")));
  await settled();
  expect([source.readyState, opened.length]).toEqual([2, 0]);
  expect(onerror).toHaveBeenCalledOnce();
});

test("closed before its ticket came it opens nothing and says nothing", async () => {
  const { source, opened, onerror } = stage(Promise.resolve("t"));
  source.close();
  await settled();
  expect(opened).toEqual([]);
  expect(onerror).not.toHaveBeenCalled();
});
