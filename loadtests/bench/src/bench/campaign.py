"""A whole run: every measurement of a plan, one after the other, into one `Results`."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final, TypeVar

from bench.contenders import Contender
from bench.errors import BenchError, UnknownContenderError
from bench.machine import this_machine
from bench.measurements.contiguity import check_contiguity
from bench.measurements.delivery import Load, measure_delivery
from bench.measurements.ingest import measure_ingest
from bench.measurements.knee import measure_knee
from bench.measurements.memory import measure_memory
from bench.measurements.sensors import measure_sensors
from bench.measurements.storm import measure_storm
from bench.measurements.stuck import SHARE, measure_stuck
from bench.plan import Measure, Plan
from bench.results import Entrant, Failure, Results
from bench.tools import Tools
from infra.errors import InfraError

T = TypeVar("T")

# Events a second: with 5,000 subscribers as many deliveries as every other load. Five times that is
# above the knee of a disturbed machine, and measures how a saturated server lets nobody in.
_STORM_RATE: Final = 4.0
_STORM_AWAY: Final = 3.0  # seconds: the last id is "a few seconds old"
_STUCK_SECONDS: Final = 6.0
_INGEST_SECONDS: Final = 3.0
_CHECKED: Final = 200  # subscribers that all check what they get


def choose(names: Sequence[str], contenders: Sequence[Contender]) -> list[Contender]:
    """Those called ``names``, or all; floors of their wires come along, for the ratios.

    Raises:
        UnknownContenderError: nobody is called that.
    """
    if not names:
        return list(contenders)
    known = [contender.name for contender in contenders]
    for name in names:
        if name not in known:
            raise UnknownContenderError(name, known)
    wires = {c.wire for c in contenders if c.name in names}
    return [
        c
        for c in contenders
        if c.name in names or (c.name.startswith("floor-") and c.wire in wires)
    ]


class Campaign:
    """Runs a plan; what fails is noted and the rest goes on."""

    def __init__(self, tools: Tools, plan: Plan, contenders: Sequence[Contender]) -> None:
        self._tools = tools
        self._plan = plan
        entrants = [self._entrant(contender) for contender in contenders]
        self._here = [
            c for c, entrant in zip(contenders, entrants, strict=True) if entrant.missing is None
        ]
        self.results = Results(
            date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            quick=plan.quick,
            machine=this_machine(tools.cores),
            entrants=entrants,
        )

    def run(self) -> Results:
        """Measure everything; a Ctrl-C leaves `results` with what was measured until then."""
        steps: dict[Measure, Callable[[], None]] = {
            Measure.CONTIGUITY: self._contiguity,
            Measure.DELIVERY: self._deliveries,
            Measure.MEMORY: self._memory,
            Measure.KNEE: self._knees,
            Measure.SENSORS: self._sensors,
            Measure.STORM: self._storms,
            Measure.STUCK: self._stuck,
            Measure.INGEST: self._ingest,
        }
        began = time.monotonic()
        try:
            for measure in self._plan.measures:
                steps[measure]()
        finally:
            self.results.seconds = time.monotonic() - began
        return self.results

    def _entrant(self, contender: Contender) -> Entrant:
        missing = contender.missing(self._tools.installed)
        return Entrant(
            name=contender.name,
            title=contender.title,
            wire=contender.wire,
            version="" if missing is not None else contender.version(self._tools.installed),
            missing=missing,
        )

    def _attempt(self, what: str, measure: Callable[[], T]) -> Iterator[T]:
        """What it gives, or nothing and a note of why."""
        try:
            yield measure()
        except (BenchError, InfraError, OSError) as error:
            self._tools.say(f"could not be measured: {what}: {error}")
            self.results.failures.append(Failure(what=what, why=str(error)))

    def _named(self, names: Iterable[str]) -> list[Contender]:
        return [contender for contender in self._here if contender.name in names]

    def _contiguity(self) -> None:
        for contender in self._named(self._plan.checked):
            self.results.contiguity += self._attempt(
                f"contiguity of {contender.name}",
                partial(
                    check_contiguity,
                    self._tools,
                    contender,
                    subscribers=_CHECKED,
                    rate=20.0,
                    seconds=1.0,
                ),
            )

    def _deliveries(self) -> None:
        for load in self._plan.loads:
            # A B C … A B C …, so that a slow minute meets everybody.
            for round_ in range(1, self._plan.rounds + 1):
                for contender in self._here:
                    self._delivery(contender, load, round_)

    def _delivery(self, contender: Contender, load: Load, round_: int) -> None:
        what = f"{load.subscribers} subscribers x {load.rate:g}/s, round {round_}"
        self._tools.say(f"deliveries, {what}: {contender.title} ({contender.wire})")
        self.results.deliveries += self._attempt(
            f"{contender.name}, {what}", lambda: measure_delivery(self._tools, contender, load)
        )

    def _memory(self) -> None:
        for contender in self._here:
            self.results.memory += self._attempt(
                f"memory of {contender.name}",
                partial(measure_memory, self._tools, contender, self._plan.memory_counts),
            )

    def _knees(self) -> None:
        for contender in self._named(self._plan.knee_of):
            self.results.knees += self._attempt(
                f"the knee of {contender.name}",
                partial(
                    measure_knee,
                    self._tools,
                    contender,
                    subscribers=self._plan.knee_subscribers,
                    seconds=self._plan.knee_seconds,
                ),
            )

    def _sensors(self) -> None:
        plan = self._plan
        for steps in self._of_the_feed(
            "delivered readings",
            lambda: measure_sensors(
                self._tools,
                subscribers=plan.sensor_subscribers,
                hertz=plan.sensor_hertz,
                seconds=plan.sensor_seconds,
            ),
        ):
            self.results.sensors += steps

    def _storms(self) -> None:
        self.results.storms += self._of_the_feed(
            "the reconnect storm",
            lambda: measure_storm(
                self._tools,
                subscribers=self._plan.storm_subscribers,
                rate=_STORM_RATE,
                away=_STORM_AWAY,
            ),
        )

    def _stuck(self) -> None:
        subscribers = self._plan.stuck_subscribers
        for _ in range(self._plan.stuck_rounds):
            for stuck in (0, round(subscribers * SHARE)):
                self.results.stuck += self._of_the_feed(
                    f"{stuck} subscribers that never read",
                    partial(
                        measure_stuck,
                        self._tools,
                        subscribers=subscribers,
                        stuck=stuck,
                        seconds=_STUCK_SECONDS,
                    ),
                )

    def _ingest(self) -> None:
        for steps in self._of_the_feed(
            "relay ingest",
            lambda: measure_ingest(self._tools, self._plan.ingest_rates, seconds=_INGEST_SECONDS),
        ):
            self.results.ingest += steps

    def _of_the_feed(self, what: str, measure: Callable[[], T]) -> Iterator[T]:
        return self._attempt(what, measure) if self._named(["feed"]) else iter(())
