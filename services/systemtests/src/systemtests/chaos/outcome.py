"""What came of a run, as it is printed and kept."""

from dataclasses import dataclass, field

from systemtests.chaos.fault import Fault
from systemtests.chaos.judging import SILENCE_SECONDS
from systemtests.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One fault in time; seconds from the run's beginning."""

    name: str
    begin: float
    end: float


@dataclass(slots=True, kw_only=True)
class Flow:
    """What happened in each second of a run."""

    stored: list[int] = field(default_factory=list)
    readings: list[int] = field(default_factory=list)
    messages: list[int] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Outcome:
    """One run: alone, or a random mix."""

    name: str
    row: str
    seconds: float
    bound: float
    verdict: Verdict
    tells: bool
    spans: list[Span]
    flow: Flow
    sent: int = 0
    delivered: int = 0
    reconnects: int = 0
    error: str = ""

    @property
    def problems(self) -> list[str]:
        """Why it failed, in words; empty when it passed."""
        verdict = self.verdict
        found = [f"{count} {name}" for name, count in verdict.classes().items() if count]
        if verdict.told and not self.tells:
            found.append(f"{verdict.told} told losses, of a log that lost nothing")
        if verdict.stale_seconds > self.bound:
            found.append(f"stale for {verdict.stale_seconds:.1f} s, {self.bound:g} allowed")
        if verdict.silent_seconds > SILENCE_SECONDS:
            found.append(f"silent for {verdict.silent_seconds:.1f} s while called live")
        if self.error:
            found.append(self.error)
        return found

    @property
    def ok(self) -> bool:
        """Whether the promise held."""
        return not self.problems


def bound_of(fault: Fault, seconds: float) -> float:
    """How stale anything may be: as long as the fault lasts, and the row's time to recover."""
    return seconds + fault.bound
