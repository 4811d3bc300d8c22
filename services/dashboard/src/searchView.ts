import { insertSorted, make, must } from "./dom";
import { currentRoute, go, onRoute } from "./route";
import { readSearch, type Search, writeSearch } from "./search";
import { compareNames } from "./sensorName";

/** A pause in typing after which the search is asked of the stream. */
const PAUSE_MS = 250;

/** The fields one searches with. The address holds what they say, so it can be shared. */
export class SearchView {
  search: Search = readSearch(currentRoute().query);
  private readonly text = must("find", HTMLInputElement);
  private readonly device = must("device", HTMLSelectElement);
  private pause: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly onSearch: (search: Search) => void) {
    this.text.addEventListener("input", () => {
      clearTimeout(this.pause);
      this.pause = setTimeout(() => this.read(), PAUSE_MS);
    });
    this.device.addEventListener("change", () => this.read());
    onRoute(({ query }) => this.take(readSearch(query)));
    this.fill();
  }

  /** A device there is, to be chosen. */
  offer(device: string): void {
    const known = Array.from(this.device.options).some((option) => option.value === device);
    if (!known) {
      const option = make("option", { text: device, attributes: { value: device } });
      insertSorted(this.device, option, (sibling: HTMLOptionElement) => {
        return sibling.value !== "" && compareNames(sibling.value, device) > 0;
      });
    }
    this.device.value = this.search.device;
  }

  private read(): void {
    const search = { text: this.text.value.trim(), device: this.device.value };
    const route = currentRoute();
    go({ ...route, query: writeSearch(route.query, search) }, { replace: true });
  }

  private take(search: Search): void {
    if (search.text === this.search.text && search.device === this.search.device) return;
    this.search = search;
    this.fill();
    this.onSearch(search);
  }

  private fill(): void {
    const { text, device } = this.search;
    if (this.text.value.trim() !== text) this.text.value = text;
    if (device !== "") this.offer(device);
    this.device.value = device;
  }
}
