import "../style/lab.css";
import { make, setText } from "../dom";
import { TRANSPORTS } from "./costs";
import { DecisionView } from "./decisionView";
import { count } from "./format";
import { LaneCard } from "./laneCard";
import { OUTAGE_MS, Run } from "./run";

const SHOW_MS = 500;
/** Every so many shows the server is asked. */
const COSTS_EVERY = 4;
/** A run that was forgotten ends by itself. */
const LONGEST_SECONDS = 600;
const POLLS: readonly (readonly [label: string, ms: number])[] = [
  ["4 times a second", 250],
  ["every second", 1_000],
  ["every 5 s", 5_000],
];

/** The transport lab: starts and cuts runs, and shows what they measure. */
export class LabView {
  private run: Run | undefined;
  private timer: ReturnType<typeof setInterval> | undefined;
  private shown = 0;
  private readonly cards = TRANSPORTS.map((name) => [name, new LaneCard(name)] as const);
  private readonly decision = new DecisionView();
  private readonly sensor = make("input", {
    testId: "lab-sensor",
    attributes: { placeholder: "all, or */temperature", maxlength: "256", spellcheck: "false" },
  });
  private readonly poll = make("select", { testId: "lab-poll" });
  private readonly toggle = make("button", { testId: "lab-toggle", text: "Start" });
  private readonly cut = make("button", {
    class: "plain",
    testId: "lab-cut",
    text: "Cut the connections",
    attributes: { type: "button", disabled: "" },
  });
  private readonly state = make("p", {
    class: "hint",
    testId: "lab-state",
    attributes: { role: "status" },
  });
  private readonly server = make("p", { class: "hint", testId: "lab-server" });

  constructor(place: HTMLElement) {
    for (const [text, ms] of POLLS) {
      this.poll.append(make("option", { text, attributes: { value: String(ms) } }));
    }
    this.poll.value = "1000";
    const form = make(
      "form",
      { class: "lab-form", attributes: { autocomplete: "off" } },
      make("label", {}, make("span", { text: "Sensors" }), this.sensor),
      make("label", {}, make("span", { text: "Poll" }), this.poll),
      this.toggle,
      this.cut,
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.run === undefined || this.timer === undefined) this.start();
      else this.stop();
    });
    this.cut.addEventListener("click", () => this.run?.cut());
    setText(this.state, "The same readings over three transports at once, as long as you like.");
    place.replaceChildren(
      make("h2", { text: "Transport lab" }),
      form,
      this.state,
      make("div", { class: "lab-lanes" }, ...this.cards.map(([, card]) => card.element)),
      this.server,
      this.decision.element,
    );
    this.decision.show([]);
  }

  /** Ends a run: the page shows something else. */
  leave(): void {
    if (this.timer !== undefined) this.stop();
  }

  private start(): void {
    this.run = new Run({ sensor: this.sensor.value.trim(), pollMs: Number(this.poll.value) });
    this.run.start();
    this.shown = 0;
    this.timer = setInterval(() => this.tick(), SHOW_MS);
    setText(this.toggle, "Stop");
    this.cut.disabled = false;
    this.tick();
  }

  private stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.run?.stop();
    setText(this.toggle, "Start again");
    this.cut.disabled = true;
    this.show();
  }

  private tick(): void {
    const run = this.run;
    if (run === undefined) return;
    run.advance();
    if (this.shown % COSTS_EVERY === 0) void run.askCosts();
    this.shown += 1;
    // Stopping shows, too.
    if ((run.seconds ?? 0) >= LONGEST_SECONDS) this.stop();
    else this.show();
  }

  private show(): void {
    const run = this.run;
    if (run === undefined) return;
    const figures = run.figures;
    for (const [at, [name, card]] of this.cards.entries()) {
      const one = figures[at];
      if (one !== undefined) card.show(one, run.tallies[name]);
    }
    this.decision.show(figures);
    setText(this.state, this.stateWords(run));
    setText(this.server, serverWords(run));
  }

  private stateWords(run: Run): string {
    if (run.seconds === undefined) return "Connecting; it counts once all three have been heard.";
    const cuts = run.cuts.length;
    const cut =
      cuts === 0 ? "" : `, cut ${cuts === 1 ? "once" : `${cuts} times`} for ${OUTAGE_MS / 1000} s`;
    return `${this.timer === undefined ? "Measured" : "Measuring"} for ${count(run.seconds)} s${cut}.`;
  }
}

function serverWords(run: Run): string {
  if (run.mixed) return "Two replicas answered: what the server spends can't be told.";
  const spent = run.spent;
  if (spent === undefined || spent.serverTime <= 0)
    return "The server has not said yet what it spends.";
  const by = TRANSPORTS.map((name) => spent.transports[name].cpuSeconds);
  const share = (seconds: number) => `${((seconds / spent.serverTime) * 100).toFixed(2)} %`;
  const [sse, websocket, polling] = by.map(share);
  const shared = share(spent.cpuSeconds - by.reduce((sum, one) => sum + one, 0));
  const open = spent.transports.sse.connections + spent.transports.websocket.connections;
  return (
    `This replica's CPU meanwhile, of one core: SSE ${sse}, WebSocket ${websocket}, polling ${polling}, ` +
    `shared by all (receiving, encoding, reading requests) ${shared}; for everybody whom it serves, ` +
    `${count(open)} open connections now.`
  );
}
