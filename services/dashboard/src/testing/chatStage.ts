import { Backoff } from "../backoff";
import { type ChatFacts, ChatSocket, type Line } from "../chatSocket";
import { Conversation } from "../conversation";
import { Memory } from "../memory";

/** A WebSocket whose server is the test. */
export class FakeLine implements Line {
  readyState = 1;
  onmessage: ((event: MessageEvent) => unknown) | null = null;
  onclose: ((event: CloseEvent) => unknown) | null = null;
  readonly sent: Record<string, unknown>[] = [];

  constructor(readonly url: string) {}

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.readyState = 3;
  }

  say(type: string, fields: object = {}): void {
    this.onmessage?.({ data: JSON.stringify({ type, room: "lobby", ...fields }) } as MessageEvent);
  }

  welcome(user = "ada"): void {
    this.say("welcome", { session: "s1", user, heartbeat: 20, limits: {} });
  }

  end(code: number): void {
    this.readyState = 3;
    this.onclose?.({ code } as CloseEvent);
  }

  of(type: string) {
    return this.sent.filter((frame) => frame["type"] === type);
  }
}

/** A conversation in the lobby on fake lines. `random` is the backoff's. */
export function stage(random = () => 1, memory = new Memory(undefined, undefined)) {
  const lines: FakeLine[] = [];
  let facts: ChatFacts = { phase: "ended", words: "", retryAt: undefined };
  let cids = 0;
  const socket = new ChatSocket({
    address: () => "/chat/ws",
    open: (url) => {
      const line = new FakeLine(url);
      lines.push(line);
      return line;
    },
    backoff: new Backoff(random),
    onFrame: (frame) => talk.hear(frame),
    onFacts: (told) => {
      facts = told;
    },
    onLost: (code) => talk.lost(code),
    onQuiet: () => talk.probe(),
  });
  const talk = new Conversation(socket, "lobby", {
    memory,
    newCid: () => `cid-${++cids}`,
    onChange: () => {},
  });
  socket.connect();
  const line = () => lines.at(-1) as FakeLine;
  const joinLobby = (fields: object = {}) => {
    line().welcome();
    line().say("joined", { resumed: false, messages: [], head: "aaaa-1", ...fields });
  };
  return { lines, line, talk, socket, joinLobby, facts: () => facts };
}

/** A stored message of somebody else. */
export const stored = (offset: number, cid: string) => ({
  position: `aaaa-${offset}`,
  cid,
  user: "bob",
  text: "t",
  time: 1,
});
