import type { ConnectionEntry } from "./tabs/connectionLog";
import type { LiveFeed } from "./tabs/liveFeed";
import { plural } from "./wording";

/** What happened to the connection, as a line of its log. */
export function entryText(entry: ConnectionEntry): string {
  switch (entry.kind) {
    case "state":
      return `${words(entry.before)} → ${words(entry.state)}`;
    case "reconnect":
      return entry.resumed ? "Reconnected, nothing missed" : "Reconnected from the start";
    case "gap":
      return `Gap from ${entry.from} to ${entry.to}: ${words(entry.reason)}`;
    case "role":
      return `This tab is now ${entry.role}`;
    case "leader":
      return "Another tab holds the stream now";
    case "rate":
      return entry.maxHz === null
        ? `Every reading (${words(entry.why)})`
        : `At most ${plural(entry.maxHz, "event")} a second (${words(entry.why)})`;
    case "filter":
      return entry.patterns.length === 0
        ? "Asked for all sensors"
        : `Asked for ${entry.patterns.slice(0, 3).join(", ")}${entry.patterns.length > 3 ? ", …" : ""}`;
  }
}

/** How this tab gets the readings, and with how many others. */
export function roleText({ role, tabs }: Pick<LiveFeed, "role" | "tabs">): string {
  return tabs > 1 ? `${role}, ${tabs} tabs share one stream` : role;
}

function words(text: string): string {
  return text.replaceAll("_", " ");
}
