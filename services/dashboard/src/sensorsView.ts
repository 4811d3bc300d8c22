import { insertSorted, make, setText } from "./dom";
import { asWords, compareNames } from "./sensorName";
import type { Sensor } from "./sensors";
import { showRecord } from "./unit";
import { ageText } from "./wording";

interface Row {
  readonly element: HTMLElement;
  readonly value: HTMLElement;
  readonly unit: HTMLElement;
  readonly age: HTMLElement;
}

/** The latest value of each sensor, a card per device. Names and values are text nodes only. */
export class SensorsView {
  private readonly rows = new Map<Sensor, Row>();
  private readonly devices = new Map<string, HTMLElement>();

  constructor(private readonly container: HTMLElement) {}

  /** Writes the values of sensors that changed; `now` is the server's time in seconds. */
  update(changed: Iterable<Sensor>, now: number): void {
    for (const sensor of changed) {
      const row = this.rows.get(sensor) ?? this.addRow(sensor);
      const { value, unit } = showRecord(sensor.record);
      setText(row.value, value);
      setText(row.unit, unit);
      // A long text is cut by the layout; the whole of it is in the tooltip.
      row.value.title = sensor.record.vs ?? "";
      writeAge(row, sensor, now);
    }
  }

  /** Writes the ages, which change without any reading. */
  tick(now: number): void {
    for (const [sensor, row] of this.rows) writeAge(row, sensor, now);
  }

  private addRow(sensor: Sensor): Row {
    const name = sensor.record.n;
    const data = { sensor: name };
    const value = make("span", { class: "value", testId: "reading-value", data });
    const unit = make("span", { class: "unit" });
    const age = make("td", { class: "age", testId: "reading-age", data });
    const element = make(
      "tr",
      { testId: "reading", data: { ...data, stale: "false" } },
      make("th", {
        text: asWords(sensor.parts.quantity),
        attributes: { scope: "row", title: name },
      }),
      make("td", { class: "figure" }, value, unit),
      age,
    );
    insertSorted(this.cardOf(sensor), element, (sibling: HTMLElement) => {
      return compareNames(sibling.dataset["sensor"] ?? "", name) > 0;
    });
    const row = { element, value, unit, age };
    this.rows.set(sensor, row);
    return row;
  }

  private cardOf(sensor: Sensor): HTMLElement {
    const { device } = sensor.parts;
    const known = this.devices.get(device);
    if (known !== undefined) return known;
    const body = make("tbody");
    const columns = ["Quantity", "Value", "Age"].map((text) =>
      make("th", { text, attributes: { scope: "col" } }),
    );
    const table = make(
      "table",
      {},
      make("caption", { text: device }),
      make("thead", { class: "unseen" }, make("tr", {}, ...columns)),
      body,
    );
    const card = make("div", { class: "device card", testId: "device", data: { device } }, table);
    insertSorted(this.container, card, (sibling: HTMLElement) => {
      return compareNames(sibling.dataset["device"] ?? "", device) > 0;
    });
    this.devices.set(device, body);
    return body;
  }
}

function writeAge(row: Row, sensor: Sensor, now: number): void {
  setText(row.age, ageText(now - sensor.heardAt));
  const stale = String(sensor.isStale(now));
  if (row.element.dataset["stale"] !== stale) row.element.dataset["stale"] = stale;
}
