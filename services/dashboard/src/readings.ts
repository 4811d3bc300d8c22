import { Backoff } from "./backoff";
import { Charts } from "./charts";
import { ServerClock } from "./clock";
import { must } from "./dom";
import type { FeedEvent } from "./feedEvent";
import { AT_START, type FeedFacts, stateOf } from "./feedState";
import { FeedStream } from "./feedStream";
import { FeedView } from "./feedView";
import { Ledger } from "./ledger";
import { Paint } from "./paint";
import type { SensorRecord } from "./senml";
import { Sensors } from "./sensors";
import { SensorsView } from "./sensorsView";

const STREAM = "/feed/readings";

/** The readings' half of the page: stream, sensors, charts and the words about them. */
export class Readings {
  readonly ledger = new Ledger();
  private readonly clock = new ServerClock();
  private readonly now = () => this.clock.seconds();
  private readonly sensors = new Sensors(this.now);
  private readonly sensorsView = new SensorsView(must("devices", HTMLElement));
  private readonly charts = new Charts(must("charts", HTMLElement), this.now);
  private readonly feedView = new FeedView();
  private readonly paint = new Paint(() => this.draw());
  private readonly stream: FeedStream;
  private facts: FeedFacts = AT_START;
  private delaySeconds: number | undefined;

  constructor() {
    this.stream = new FeedStream({
      url: STREAM,
      open: (url) => new EventSource(url),
      backoff: new Backoff(),
      ledger: this.ledger,
      onEvent: (event) => this.take(event),
      onFacts: (facts) => this.setFacts(facts),
    });
  }

  start(): void {
    this.stream.start();
  }

  wake(): void {
    this.stream.wake();
  }

  /** Ages, countdowns and the charts' right edge move on without any event. */
  tick(): void {
    this.sensorsView.tick(this.now());
    this.charts.request();
    this.paint.request();
    this.feedView.update(this.facts, this.ledger.page, this.delaySeconds);
  }

  private take(event: FeedEvent): void {
    if (event.type === "hello" || event.type === "heartbeat") {
      if (event.serverTime !== undefined) this.clock.set(event.serverTime);
    }
    if (event.type === "hello" && !event.resumed) this.sensors.breakLines();
    if (event.type === "gap") this.sensors.breakLines();
    if (event.type === "snapshot") this.sensors.takeSnapshot(event.records);
    if (event.type === "readings") {
      this.sensors.takeReadings(event.records);
      this.delaySeconds = delayOf(event.records, this.now());
    }
    this.ledger.page.sensors = this.sensors.size;
    this.paint.request();
  }

  private setFacts(facts: FeedFacts): void {
    const turned = stateOf(facts) !== stateOf(this.facts);
    this.facts = facts;
    this.ledger.page.state = stateOf(facts);
    // A turn is shown at once, also in a hidden page whose frames are held back.
    if (turned) this.feedView.update(facts, this.ledger.page, this.delaySeconds);
  }

  private draw(): void {
    const changed = this.sensors.takeChanged();
    this.sensorsView.update(changed, this.now());
    this.charts.update(changed);
    must("sensors-full", HTMLElement).hidden = !this.sensors.full;
    must("sensors-none", HTMLElement).hidden = this.sensors.size > 0;
  }
}

/** From the newest reading's own time to its showing, in seconds. */
function delayOf(records: readonly SensorRecord[], now: number): number | undefined {
  if (records.length === 0) return undefined;
  return now - Math.max(...records.map((record) => record.t));
}
