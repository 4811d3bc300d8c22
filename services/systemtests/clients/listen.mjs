// Listens to a stream with one of the clients that people take from npm, as its README has it, and
// prints what that client tells its user, one JSON object a line. Ends when the client gives up.
//   node listen.mjs NAME URL [LAST_EVENT_ID] [PREFER]

const [name, url, lastEventId, prefer] = process.argv.slice(2);
const tell = (said) => process.stdout.write(`${JSON.stringify(said)}\n`);
const EVENTS = [
  ..."hello snapshot readings gap heartbeat status drain busy".split(" "),
  ..."message first last forged".split(" "),
];

// Each client can be given a fetch of one's own: here one tells what was asked and answered.
async function told(input, options = {}) {
  const headers = new Headers(options.headers);
  if (prefer) headers.set("Prefer", prefer);
  tell({ asked: headers.get("Last-Event-ID") ?? "" });
  const answer = await fetch(input, { ...options, headers });
  tell({ answered: answer.status });
  return answer;
}

const clients = {
  // The browser's interface: the first position can only be in the query.
  async eventsource() {
    const { EventSource } = await import("eventsource");
    const begun = new URL(url);
    if (lastEventId) begun.searchParams.set("last_event_id", lastEventId);
    const source = new EventSource(begun, { fetch: told });
    for (const event of EVENTS) {
      source.addEventListener(event, (heard) =>
        tell({ event, data: heard.data, id: heard.lastEventId }),
      );
    }
    source.addEventListener("error", (error) => tell({ error: String(error.code ?? "lost") }));
  },

  async "eventsource-client"() {
    const { createEventSource } = await import("eventsource-client");
    createEventSource({
      url,
      fetch: told,
      initialLastEventId: lastEventId || undefined,
      onMessage: ({ event, data, id }) => tell({ event: event ?? "message", data, id: id ?? "" }),
    });
  },

  // Written for pages: it wants a window and a document, and only ever asks whether that is hidden.
  async "fetch-event-source"() {
    globalThis.window = globalThis;
    globalThis.document = { hidden: false, addEventListener() {}, removeEventListener() {} };
    const { fetchEventSource } = await import("@microsoft/fetch-event-source");
    await fetchEventSource(url, {
      fetch: told,
      headers: lastEventId ? { "last-event-id": lastEventId } : {},
      openWhenHidden: true,
      onmessage: ({ event, data, id }) => tell({ event: event || "message", data, id }),
      // Nothing returned: it tries again after the time that it was told.
      onerror(error) {
        tell({ error: error.message });
      },
    });
    tell({ ended: true });
  },
};

await clients[name]();
