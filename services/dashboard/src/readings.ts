import { Charts } from "./charts";
import { ServerClock } from "./clock";
import { must } from "./dom";
import type { FeedEvent } from "./feedEvent";
import { AT_START, type FeedFacts, stateOf } from "./feedState";
import { FeedView } from "./feedView";
import { Paint } from "./paint";
import { Sensors } from "./sensors";
import { SensorsView } from "./sensorsView";
import type { LiveFeed } from "./tabs/liveFeed";

/** The readings' half of the page: stream, sensors, charts and the words about them. */
export class Readings {
  private readonly clock = new ServerClock();
  private readonly now = () => this.clock.seconds();
  private readonly sensors = new Sensors(this.now);
  private readonly sensorsView = new SensorsView(must("devices", HTMLElement));
  private readonly charts = new Charts(must("charts", HTMLElement), this.now);
  private readonly feedView = new FeedView();
  private readonly paint = new Paint(() => this.draw());
  private facts: FeedFacts = AT_START;

  constructor(private readonly feed: LiveFeed) {
    feed.onEvent((event) => this.take(event));
    feed.onState((facts) => this.setFacts(facts));
  }

  /** Ages, countdowns and the charts' right edge move on without any event. */
  tick(): void {
    this.sensorsView.tick(this.now());
    this.charts.request();
    this.paint.request();
    this.feedView.update(this.facts, this.feed.ledger, this.feed.delay?.newest);
  }

  private take(event: FeedEvent): void {
    if (event.type === "hello" || event.type === "heartbeat") {
      if (event.serverTime !== undefined) this.clock.set(event.serverTime);
    }
    if (event.type === "hello" && !event.resumed) this.sensors.breakLines();
    if (event.type === "gap") this.sensors.breakLines();
    if (event.type === "snapshot") this.sensors.takeSnapshot(event.records);
    if (event.type === "readings") this.sensors.takeReadings(event.records);
    this.feed.ledger.sensors = this.sensors.size;
    this.paint.request();
  }

  private setFacts(facts: FeedFacts): void {
    const turned = stateOf(facts) !== stateOf(this.facts);
    this.facts = facts;
    // A turn is shown at once, also in a hidden page whose frames are held back.
    if (turned) this.feedView.update(facts, this.feed.ledger, this.feed.delay?.newest);
  }

  private draw(): void {
    const changed = this.sensors.takeChanged();
    this.sensorsView.update(changed, this.now());
    this.charts.update(changed);
    must("sensors-full", HTMLElement).hidden = !this.sensors.full;
    must("sensors-none", HTMLElement).hidden = this.sensors.size > 0;
  }
}
