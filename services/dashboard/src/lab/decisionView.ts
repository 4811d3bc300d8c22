import { make, setText } from "../dom";
import { TRANSPORTS } from "./costs";
import { decisionTable, verdict } from "./decision";
import type { Figures } from "./figures";

/** The decision table on the page. */
export class DecisionView {
  readonly element: HTMLElement;
  private readonly body = make("tbody", { testId: "lab-decision" });
  private readonly words = make("p", { class: "lab-verdict", testId: "lab-verdict" });

  constructor() {
    const heads = ["Question", "SSE", "WebSocket", "Polling"];
    const head = make(
      "tr",
      {},
      ...heads.map((text) => make("th", { text, attributes: { scope: "col" } })),
    );
    this.element = make(
      "section",
      { class: "card lab-table", attributes: { "aria-label": "Which transport when" } },
      make("h3", { text: "Which transport for these readings" }),
      make("div", { class: "lab-scroll" }, make("table", {}, make("thead", {}, head), this.body)),
      this.words,
      make("p", {
        class: "hint",
        text:
          "A tick stands where nobody is better by a quarter. One browser on one way: make compare " +
          "measures the same with many. Delays leave out what was caught up after a cut.",
      }),
    );
  }

  show(figures: readonly Figures[]): void {
    this.body.replaceChildren(
      ...decisionTable(figures).map((row) =>
        make(
          "tr",
          { data: { measured: String(row.measured) } },
          make("th", {
            text: row.measured ? row.question : `${row.question} (by design)`,
            attributes: { scope: "row" },
          }),
          ...TRANSPORTS.map((name) => {
            const best = row.best.includes(name);
            return make("td", {
              text: best ? `${row.answers[name]} ✓` : row.answers[name],
              data: { best: String(best) },
            });
          }),
        ),
      ),
    );
    setText(this.words, verdict(figures));
  }
}
