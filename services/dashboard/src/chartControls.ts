import { type ChartChoice, SENSORS_MAX, THRESHOLDS_MAX } from "./chartRoute";
import { make, must } from "./dom";
import type { LargeChart } from "./largeChart";

export interface ChartActions {
  readonly choice: () => ChartChoice;
  readonly choose: (change: Partial<ChartChoice>) => void;
  readonly chart: () => LargeChart | undefined;
  /** The sensors that can be added. */
  readonly names: () => readonly string[];
  readonly savePicture: () => void;
  readonly saveTable: () => void;
  /** The crosshair was moved by a key. */
  readonly onLook: () => void;
}

/** What one presses and writes around the large chart. */
export class ChartControls {
  private readonly spans: readonly HTMLButtonElement[];

  constructor(
    private readonly dialog: HTMLDialogElement,
    private readonly actions: ChartActions,
  ) {
    this.spans = Array.from(dialog.querySelectorAll<HTMLButtonElement>("button[data-span]"));
    this.listenToButtons();
    this.listenToForms();
    dialog.addEventListener("keydown", (event) => this.press(event));
  }

  show({ spanSeconds, thresholds }: ChartChoice): void {
    for (const button of this.spans) {
      const chosen = Number(button.dataset["span"]) === spanSeconds;
      button.setAttribute("aria-pressed", String(chosen));
    }
    const items = thresholds.map((threshold) => make("li", {}, this.awayWith(threshold)));
    must("large-thresholds", HTMLElement).replaceChildren(...items);
  }

  private offer(): void {
    const options = this.actions
      .names()
      .map((name) => make("option", { attributes: { value: name } }));
    must("large-names", HTMLElement).replaceChildren(...options);
  }

  private awayWith(threshold: number): HTMLButtonElement {
    const away = make("button", {
      class: "plain",
      testId: "threshold",
      text: `${threshold} ×`,
      attributes: { type: "button", "aria-label": `Take away the line at ${threshold}` },
    });
    away.addEventListener("click", () => {
      const { thresholds } = this.actions.choice();
      this.actions.choose({ thresholds: thresholds.filter((other) => other !== threshold) });
    });
    return away;
  }

  private listenToButtons(): void {
    const press = (id: string, act: () => void) => {
      must(id, HTMLButtonElement).addEventListener("click", act);
    };
    const { chart } = this.actions;
    press("large-earlier", () => chart()?.pan(-0.5));
    press("large-later", () => chart()?.pan(0.5));
    press("large-closer", () => chart()?.zoom(0.5));
    press("large-farther", () => chart()?.zoom(2));
    press("large-live", () => chart()?.follow());
    press("large-close", () => this.dialog.close());
    press("large-png", () => this.actions.savePicture());
    press("large-csv", () => this.actions.saveTable());
    for (const button of this.spans) {
      button.addEventListener("click", () => {
        this.actions.choose({ spanSeconds: Number(button.dataset["span"]) });
      });
    }
  }

  private listenToForms(): void {
    // When they are looked for: a chart can be there before any sensor is known.
    must("large-name", HTMLInputElement).addEventListener("focus", () => this.offer());
    must("large-add", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.addSensor(must("large-name", HTMLInputElement));
    });
    must("large-mark", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.addThreshold(must("large-threshold", HTMLInputElement));
    });
  }

  private addSensor(field: HTMLInputElement): void {
    const name = field.value.trim();
    const { sensors } = this.actions.choice();
    if (name === "" || sensors.length >= SENSORS_MAX) return;
    field.value = "";
    this.actions.choose({ sensors: [...new Set([...sensors, name])] });
  }

  private addThreshold(field: HTMLInputElement): void {
    const threshold = field.valueAsNumber;
    const { thresholds } = this.actions.choice();
    if (!Number.isFinite(threshold) || thresholds.length >= THRESHOLDS_MAX) return;
    field.value = "";
    this.actions.choose({ thresholds: [...new Set([...thresholds, threshold])] });
  }

  private press(event: KeyboardEvent): void {
    // With these they are the browser's: back, say.
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof HTMLInputElement) return;
    const chart = this.actions.chart();
    const looks = event.shiftKey ? LOOKS.get(event.key) : undefined;
    const act = looks ?? KEYS.get(event.key);
    if (act === undefined || chart === undefined) return;
    event.preventDefault();
    act(chart);
    if (looks !== undefined) this.actions.onLook();
  }
}

const KEYS = new Map<string, (chart: LargeChart) => void>([
  ["ArrowLeft", (chart) => chart.pan(-0.2)],
  ["ArrowRight", (chart) => chart.pan(0.2)],
  ["+", (chart) => chart.zoom(0.5)],
  ["-", (chart) => chart.zoom(2)],
  ["Home", (chart) => chart.follow()],
]);

/** With Shift, the crosshair. */
const LOOKS = new Map<string, (chart: LargeChart) => void>([
  ["ArrowLeft", (chart) => chart.look(-0.01)],
  ["ArrowRight", (chart) => chart.look(0.01)],
]);
