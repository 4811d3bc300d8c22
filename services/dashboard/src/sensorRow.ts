import { make, setText } from "./dom";
import { lastSlot } from "./ring";
import { asWords } from "./sensorName";
import { type Sensor, WINDOW_SECONDS } from "./sensors";
import { drawSpark, sparkOf } from "./sparkline";
import { rangeText, showRecord } from "./unit";
import { ageText, clockTime } from "./wording";

/** A sparkline's place in style sheet pixels; the drawing itself has as many as the screen. */
export interface SparkSize {
  readonly width: number;
  readonly height: number;
}

/** One to each pixel of the drawing and a half: more can't be told apart. */
const COLUMN_WIDTH = 1.5;

/** An age below this is no news. */
const FRESH_SECONDS = 5;

/** One sensor's row in its device's card. Names, units and values are text nodes only. */
export class SensorRow {
  readonly element: HTMLElement;
  /** Whether it is on the screen, as far as is known; until told otherwise it is. */
  visible = true;
  private readonly value: HTMLElement;
  private readonly unit = make("span", { class: "unit" });
  private readonly range = make("span", { class: "range", testId: "reading-range" });
  private readonly age: HTMLElement;
  private readonly spark = make("canvas", {
    class: "spark",
    attributes: { "aria-hidden": "true" },
  });
  /** Server's time (s) of the last drawing of the sparkline. */
  sparkedAt = Number.NEGATIVE_INFINITY;
  /** The slot in which the window ended that was drawn then. */
  private sparkedTo: number | undefined;

  constructor(
    readonly sensor: Sensor,
    open: (name: string) => void,
  ) {
    const name = sensor.record.n;
    const data = { sensor: name };
    this.value = make("span", { class: "value", testId: "reading-value", data });
    this.age = make("span", { class: "age", testId: "reading-age", data });
    const label = make("button", {
      class: "name",
      testId: "reading-open",
      text: asWords(sensor.parts.quantity),
      attributes: { type: "button", title: name },
    });
    this.element = make(
      "tr",
      { testId: "reading", data: { ...data, stale: "false" } },
      make("th", { attributes: { scope: "row" } }, label, this.age),
      make("td", {}, this.spark),
      make("td", { class: "figure" }, this.value, this.unit, this.range),
    );
    this.element.addEventListener("click", () => open(name));
  }

  /** Writes the newest value; `now` is the server's time in seconds. */
  write(now: number): void {
    const { value, unit } = showRecord(this.sensor.record, this.sensor.whole);
    setText(this.value, value);
    setText(this.unit, unit);
    // A long text is cut by the layout; the whole of it is in the tooltip.
    const title = this.sensor.record.vs ?? "";
    if (this.value.title !== title) this.value.title = title;
    this.writeAge(now);
  }

  /** An age changes without any reading. */
  writeAge(now: number): void {
    const { sensor } = this;
    const since = sensor.staleSince(now);
    const seconds = now - sensor.heardAt;
    setText(this.age, ageText(seconds));
    const title = since === undefined ? "" : `stale since ${clockTime(since * 1000)}`;
    if (this.age.title !== title) this.age.title = title;
    this.mark("stale", since !== undefined);
    this.mark("fresh", since === undefined && seconds < FRESH_SECONDS);
  }

  private mark(name: "stale" | "fresh", is: boolean): void {
    const { dataset } = this.element;
    if (dataset[name] !== String(is)) dataset[name] = String(is);
  }

  /** Draws the line of the window that ends now, and writes its extremes. */
  drawSpark(now: number, colour: string, size: SparkSize): void {
    this.sparkedAt = now;
    const { ring, record, whole, ownTime } = this.sensor;
    if (ring === undefined) return;
    const slots = WINDOW_SECONDS / ring.slotSeconds;
    const to = lastSlot(ring.slotOf(now), slots, [{ ring, ownTime }]);
    const spark = sparkOf(ring, to, slots, columnsOf(size));
    this.sparkedTo = to;
    this.fit(size);
    drawSpark(this.spark, spark, colour);
    const isNumber = spark !== undefined && record.v !== undefined;
    setText(this.range, isNumber ? rangeText(spark.min, spark.max, record.u, whole) : "");
  }

  /** Whether time alone has moved what is drawn by a column: less than that isn't seen. */
  hasMoved(now: number, size: SparkSize): boolean {
    const { ring, ownTime } = this.sensor;
    if (ring === undefined || this.sparkedTo === undefined) return false;
    const slots = WINDOW_SECONDS / ring.slotSeconds;
    if (ring.newestSlot <= this.sparkedTo - slots) return false;
    const to = lastSlot(ring.slotOf(now), slots, [{ ring, ownTime }]);
    return to - this.sparkedTo >= slots / columnsOf(size);
  }

  /** The room there is for the line now; undefined where none is laid out. */
  get sparkSize(): SparkSize | undefined {
    const { clientWidth: width, clientHeight: height } = this.spark;
    return width > 0 && height > 0 ? { width, height } : undefined;
  }

  private fit({ width, height }: SparkSize): void {
    const scale = Math.min(3, devicePixelRatio || 1);
    const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
    if (this.spark.width !== wide) this.spark.width = wide;
    if (this.spark.height !== high) this.spark.height = high;
  }
}

function columnsOf({ width }: SparkSize): number {
  return Math.ceil(width / COLUMN_WIDTH);
}
