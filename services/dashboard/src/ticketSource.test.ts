import { beforeEach, describe, expect, test, vi } from "vitest";
import { FakeSource } from "./testing/feedStage";
import { TokenRefusedError } from "./ticket";
import { TicketSource } from "./ticketSource";

beforeEach(() => {
  FakeSource.opened = [];
});

const open = (ticket: Promise<string | undefined>) => {
  return new TicketSource("/feed/readings?sensor=a", ticket, (url) => new FakeSource(url));
};
const urls = () => FakeSource.opened.map((source) => source.url);

describe("a stream let in by a ticket", () => {
  test("is opened once the ticket is here, and heard from the beginning", async () => {
    const source = open(Promise.resolve("t+1"));
    const heard: unknown[] = [];
    source.addEventListener("hello", (event) => heard.push(event.data));
    expect(source.readyState).toBe(0);
    await vi.waitFor(() => expect(urls()).toEqual(["/feed/readings?sensor=a&ticket=t%2B1"]));
    FakeSource.opened[0]?.say("hello", "1");
    expect(heard).toEqual(["1"]);
    expect(source.readyState).toBe(1);
  });

  test("goes without one where everybody is a guest", async () => {
    open(Promise.resolve(undefined));
    await vi.waitFor(() => expect(urls()).toEqual(["/feed/readings?sensor=a"]));
  });

  test.each([
    [new TokenRefusedError(), true],
    [new TypeError("offline"), false],
  ])("is closed where there is none, and says whether it was refused", async (error, refused) => {
    const source = open(Promise.reject(error));
    const failed = vi.fn();
    source.onerror = failed;
    await vi.waitFor(() => expect(failed).toHaveBeenCalledOnce());
    expect(source.readyState).toBe(2);
    expect(source.refused).toBe(refused);
  });

  test("is not opened after it was closed", async () => {
    const ticket = Promise.resolve("t");
    open(ticket).close();
    await ticket;
    await Promise.resolve();
    expect(urls()).toEqual([]);
  });
});
