import { backfill } from "./backfill";
import { ChartDialog } from "./chartDialog";
import { Charts } from "./charts";
import { ServerClock } from "./clock";
import { must, setText } from "./dom";
import { download, downloadCsv, fileName } from "./download";
import type { FeedEvent } from "./feedEvent";
import { stateOf } from "./feedState";
import { FeedView } from "./feedView";
import { overviewPicture } from "./overviewPicture";
import { Paint } from "./paint";
import { lineColour, type Palette, readPalette, readRem } from "./palette";
import { finds, mayMiss, patternsFor, withCharted } from "./search";
import { SearchView } from "./searchView";
import { parsePack, type SensorRecord } from "./senml";
import { type Sensor, Sensors, WINDOW_SECONDS } from "./sensors";
import { SensorsView } from "./sensorsView";
import type { LiveFeed } from "./tabs/liveFeed";
import { ThemeChoice } from "./theme";
import { Credentials } from "./ticket";
import { windowCsv } from "./windowCsv";
import { clockTime, dayTime, plural } from "./wording";

/** Answers of stored readings the overview begins with; what is older comes with time. */
const FILL_PAGES = 2;

const LATEST = "/feed/readings/latest";

/** A search by words asks the stream for known names; new ones are looked for so often. */
const NEWCOMERS_EVERY_MS = 15_000;

/** The readings' half of the page: sensors, charts, search, and the words about them. */
export class Readings {
  private readonly clock = new ServerClock();
  private readonly now = () => this.clock.seconds();
  private palette: Palette;
  private readonly sensors = new Sensors(this.now);
  private readonly sensorsView: SensorsView;
  private readonly charts: Charts;
  private readonly large: ChartDialog;
  private readonly feedView = new FeedView();
  private readonly searchView: SearchView;
  private readonly paint = new Paint(() => this.draw());
  private readonly credentials = new Credentials();
  private searchedAmong = 0;
  private filled = false;
  private askedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly feed: LiveFeed) {
    new ThemeChoice(() => this.recolour());
    this.palette = readPalette();
    this.charts = new Charts(must("charts", HTMLElement), this.now, () => this.palette);
    this.searchView = new SearchView(() => this.find());
    this.large = new ChartDialog({
      sensors: this.sensors,
      palette: () => this.palette,
      now: this.now,
      onCharted: () => this.find(),
    });
    this.sensorsView = new SensorsView({
      container: must("devices", HTMLElement),
      lineColour: () => lineColour(this.palette, 0),
      onOpen: (name) => this.large.open(name),
      onSeen: () => this.paint.request(),
      onDevice: (device) => this.searchView.offer(device),
    });
    feed.onEvent((event) => this.take(event));
    // A turn is shown at once, also in a hidden page whose frames are held back.
    feed.onLog(() => this.feedView.update(feed));
    this.listenToButtons();
    this.find();
    this.large.start();
  }

  /** What was drawn, for browser tests. */
  get drawn(): SensorsView["drawn"] {
    return this.sensorsView.drawn;
  }

  /** Ages, countdowns and the charts' right edge move on without any event. */
  tick(): void {
    this.sensorsView.tick(this.now());
    this.charts.request();
    this.large.tick();
    void this.lookForNewcomers();
    this.paint.request();
    this.feedView.update(this.feed);
  }

  private take(event: FeedEvent): void {
    if (event.type === "hello" || event.type === "heartbeat") {
      if (event.serverTime !== undefined) this.clock.set(event.serverTime);
    }
    const fresh = event.type === "hello" && !event.resumed;
    if (fresh || event.type === "gap") {
      this.sensors.breakLines();
      this.large.breakLines();
    }
    if (event.type === "snapshot") this.takeSnapshot(event.records);
    if (event.type === "readings") {
      this.sensors.takeReadings(event.records);
      this.large.take(event.records);
    }
    this.feed.ledger.sensors = this.sensors.size;
    this.paint.request();
  }

  /** The first one names the sensors; their lines of the last minutes are in the feed's store. */
  private takeSnapshot(records: readonly SensorRecord[]): void {
    this.sensors.takeSnapshot(records);
    this.large.take(records);
    if (this.filled) return;
    this.filled = true;
    const until = this.now();
    const take = (stored: readonly SensorRecord[]) => {
      this.sensors.backfill(stored);
      this.paint.request();
    };
    const span = { since: until - WINDOW_SECONDS, until };
    void backfill([], span, take, new AbortController().signal, { pages: FILL_PAGES });
  }

  private async lookForNewcomers(): Promise<void> {
    const at = performance.now();
    if (!mayMiss(this.searchView.search) || at - this.askedAt < NEWCOMERS_EVERY_MS) return;
    this.askedAt = at;
    try {
      // Asked for anew, and most often answered by "not modified".
      const answer = await fetch(LATEST, { cache: "no-cache", headers: this.credentials.headers });
      const pack = answer.ok ? parsePack(await answer.text()) : undefined;
      this.sensors.takeSnapshot((pack ?? []).filter(({ n }) => this.sensors.get(n) === undefined));
      this.paint.request();
    } catch {
      // Offline: the next turn asks again.
    }
  }

  private draw(): void {
    const changed = this.sensors.takeChanged();
    const now = this.now();
    this.sensorsView.take(changed, now);
    this.sensorsView.draw(now);
    this.charts.update(changed);
    if (this.sensors.size !== this.searchedAmong) this.find();
    must("sensors-full", HTMLElement).hidden = !this.sensors.full;
    must("sensors-none", HTMLElement).hidden = this.sensors.size > 0;
    if (this.sensorsView.waiting) this.paint.request();
  }

  /** Shows what is searched for, and asks the stream for no more than that. */
  private find(): void {
    const { search } = this.searchView;
    this.searchedAmong = this.sensors.size;
    this.sensorsView.filter(this.wanted);
    const found = this.found();
    const names = found.map((sensor) => sensor.record.n);
    this.feed.setFilter(withCharted(patternsFor(search, names), this.large.sensors));
    const searching = search.text !== "" || search.device !== "";
    const words = found.length === 0 ? "Nothing found" : plural(found.length, "sensor");
    setText(must("shown", HTMLElement), searching ? words : "");
    this.paint.request();
  }

  private readonly wanted = ({ record, parts }: Sensor) =>
    finds(this.searchView.search, record.n, parts);

  private found(): Sensor[] {
    return Array.from(this.sensors.all()).filter(this.wanted);
  }

  /** The charts anew; sparklines see to their own size. */
  private redraw(): void {
    this.palette = readPalette();
    this.charts.recolour();
    this.large.recolour();
  }

  private recolour(): void {
    this.redraw();
    this.sensorsView.drawAll(this.now());
  }

  private listenToButtons(): void {
    must("print", HTMLElement).addEventListener("click", () => print());
    // The page's size of type follows its width.
    addEventListener("resize", () => {
      if (readRem() !== this.palette.rem) this.redraw();
    });
    // The sparklines are drawn by the theme that paper has.
    addEventListener("beforeprint", () => this.charts.drawAll());
    must("save-csv", HTMLElement).addEventListener("click", () => {
      downloadCsv(windowCsv(this.found(), WINDOW_SECONDS));
    });
    must("save-png", HTMLElement).addEventListener("click", () => void this.savePicture());
  }

  private async savePicture(): Promise<void> {
    const time = dayTime(this.now() * 1000, undefined, clockTime);
    const title = `Airwave  ${time}  ${stateOf(this.feed.facts).replaceAll("_", " ")}`;
    const picture = await overviewPicture(title, await this.charts.pictures(), this.palette);
    if (picture !== null) download(fileName("png"), picture);
  }
}
