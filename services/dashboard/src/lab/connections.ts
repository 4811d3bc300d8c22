import { FEED_EVENT_TYPES } from "../feedEvent";
import { isObject, parseJson, textOr } from "../json";
import { bytesOf, type Ear } from "./lane";

/** Opens a stream of Server-Sent Events. What it weighed on its way is the event as text again. */
export function openEventSource(url: string, ear: Ear): () => void {
  const source = new EventSource(url);
  let lastId = "";
  for (const type of FEED_EVENT_TYPES) {
    source.addEventListener(type, ({ data, lastEventId }: MessageEvent<string>) => {
      const id = lastEventId === lastId ? "" : `id: ${lastEventId}\n`;
      lastId = lastEventId;
      const bytes = bytesOf(`event: ${type}\n${id}data: ${data}\n\n`);
      ear.message(type, lastEventId, parseJson(data), bytes);
    });
  }
  // The lane itself comes back, so that all lanes do it alike.
  source.onerror = () => {
    source.close();
    ear.lost();
  };
  return () => source.close();
}

/** Opens the same stream as a WebSocket. */
export function openWebSocket(url: string, ear: Ear): () => void {
  const socket = new WebSocket(url);
  socket.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (typeof data !== "string") return;
    const frame = parseJson(data);
    if (!isObject(frame)) return;
    const type = textOr(frame["type"], "");
    ear.message(type, textOr(frame["id"], ""), frame["data"], bytesOf(data));
  };
  socket.onclose = () => ear.lost();
  return () => {
    socket.onclose = null;
    socket.onmessage = null;
    socket.close();
  };
}
