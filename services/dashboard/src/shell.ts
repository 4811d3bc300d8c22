import { must } from "./dom";
import { currentRoute, go, onRoute, type Route, type View } from "./route";

const TITLES: Readonly<Record<View, string>> = {
  readings: "Readings",
  rooms: "Rooms",
  lab: "Transport lab",
};

/** The frame around the views: which of them shows, the links between them, and the page's title. */
export class Shell {
  private readonly links = Array.from(
    must("views", HTMLElement).querySelectorAll<HTMLAnchorElement>("a[data-view]"),
  );
  private shown: View | undefined;

  start(): void {
    for (const link of this.links) {
      link.addEventListener("click", (event) => {
        // With a key held the browser opens a tab or a window, which is what was asked for.
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        this.follow(link);
      });
    }
    onRoute((route) => this.show(route));
    this.show(currentRoute());
  }

  private follow(link: HTMLAnchorElement): void {
    const view = link.dataset["view"] as View;
    const { room, query } = currentRoute();
    // The readings' filter and the room stay where they are while one looks at the other.
    go({ view, ...(room === undefined ? {} : { room }), query });
    scrollTo(0, 0);
  }

  private show({ view, room }: Route): void {
    document.title = `${room ?? TITLES[view]} · Airwave`;
    if (view === this.shown) return;
    this.shown = view;
    document.body.dataset["view"] = view;
    for (const link of this.links) {
      if (link.dataset["view"] === view) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }
}
