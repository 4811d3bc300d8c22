/** What the address names: a view, its room where there is one, and what the view keeps in `?…`. */
export interface Route {
  readonly view: View;
  readonly room?: string;
  readonly query: URLSearchParams;
}

export type View = "readings" | "rooms" | "lab";

/** What a room may be called (protocol.md, tokens taken from outside). */
const TOKEN = /^[A-Za-z0-9_-]{1,64}$/;

const hearers = new Set<(route: Route) => void>();

/** Reads an address; one that names nothing is the readings. */
export function parseRoute(path: string, search = ""): Route {
  const query = new URLSearchParams(search);
  const [view, room, ...rest] = path.split("/").filter((token) => token !== "");
  if (rest.length > 0) return { view: "readings", query };
  if (view === "lab" && room === undefined) return { view, query };
  if (view !== "rooms") return { view: "readings", query };
  return room !== undefined && TOKEN.test(room) ? { view, room, query } : { view, query };
}

/** The address of a route, as `parseRoute` reads it. */
export function addressOf({ view, room, query }: Route): string {
  const search = query.toString();
  return pathOf(view, room) + (search === "" ? "" : `?${search}`);
}

export function currentRoute(): Route {
  return parseRoute(location.pathname, location.search);
}

/** Goes to a route: a step of its own in the history, unless it only `replace`s the present one. */
export function go(route: Route, { replace = false } = {}): void {
  const address = addressOf(route);
  if (address === location.pathname + location.search) return;
  if (replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  tell();
}

/** Hears each change of the route, also those by the browser's back and forward. Returns the way out. */
export function onRoute(hear: (route: Route) => void): () => void {
  if (hearers.size === 0) addEventListener("popstate", tell);
  hearers.add(hear);
  return () => {
    hearers.delete(hear);
    if (hearers.size === 0) removeEventListener("popstate", tell);
  };
}

function pathOf(view: View, room: string | undefined): string {
  if (view === "readings") return "/";
  return view === "rooms" && room !== undefined ? `/rooms/${room}` : `/${view}`;
}

function tell(): void {
  const route = currentRoute();
  for (const hear of [...hearers]) hear(route);
}
