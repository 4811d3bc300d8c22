import { make, must } from "./dom";
import { currentRoute, go, onRoute, type Route, type View } from "./route";

const TITLES: Readonly<Record<View, string>> = { readings: "Readings", rooms: "Rooms", lab: "Lab" };

/** What puts a view into an element and returns how to take it out again. */
export type Mount = (parent: HTMLElement) => () => void;

/** The frame around the views: which of them shows, the links between them, and the page's title. */
export class Shell {
  private readonly lab = must("lab", HTMLElement);
  private readonly links = Array.from(
    must("views", HTMLElement).querySelectorAll<HTMLAnchorElement>("a[data-view]"),
  );
  private shown: View | undefined;
  private leaveLab: (() => void) | undefined;

  /** `loadLab` is asked for the lab's code when it is first gone to. */
  constructor(private readonly loadLab: () => Promise<Mount>) {}

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
    must("panes", HTMLElement).hidden = view === "lab";
    this.lab.hidden = view !== "lab";
    for (const link of this.links) {
      if (link.dataset["view"] === view) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    if (view === "lab") void this.enterLab();
    else this.endLab();
  }

  private async enterLab(): Promise<void> {
    const mount = await this.loadLab().catch(() => sayUnloaded);
    // The reader may have gone on while the code was on its way.
    if (this.shown !== "lab" || this.leaveLab !== undefined) return;
    this.leaveLab = mount(this.lab);
  }

  private endLab(): void {
    this.leaveLab?.();
    this.leaveLab = undefined;
    this.lab.replaceChildren();
  }
}

/** Code comes over the same network as everything else; another click tries again. */
const sayUnloaded: Mount = (parent) => {
  parent.append(make("p", { class: "hint", text: "The lab couldn't be loaded." }));
  return () => parent.replaceChildren();
};
