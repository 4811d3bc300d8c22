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


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What may come of a run; as `Fault` has it."""

    bound: float
    """Seconds that anything acknowledged may be on its way."""
    tells: bool
    cuts: bool


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
    allowed: Allowed
    verdict: Verdict
    spans: list[Span]
    flow: Flow
    sent: int = 0
    delivered: int = 0
    reconnects: int = 0
    farewells: int = 0
    error: str = ""

    @property
    def problems(self) -> list[str]:
        """Why it failed, in words; empty when it passed."""
        verdict = self.verdict
        found = [f"{count} {name}" for name, count in verdict.classes().items() if count]
        if verdict.told and not self.allowed.tells:
            found.append(f"{verdict.told} told losses, of a log that lost nothing")
        if verdict.stale_seconds > self.allowed.bound:
            found.append(f"stale for {verdict.stale_seconds:.1f} s, {self.allowed.bound:g} allowed")
        if verdict.silent_seconds > SILENCE_SECONDS:
            found.append(f"silent for {verdict.silent_seconds:.1f} s while called live")
        cut = self.reconnects - self.farewells
        if cut > 0 and not self.allowed.cuts:
            found.append(f"{cut} connections cut, or tried in vain, without a farewell")
        if self.error:
            found.append(self.error)
        return found

    @property
    def ok(self) -> bool:
        """Whether the promise held."""
        return not self.problems


def allowed_by(fault: Fault, seconds: float) -> Allowed:
    """What may come of it: stale for as long as it lasts, and its row's time to recover."""
    return Allowed(bound=seconds + fault.bound, tells=fault.tells, cuts=fault.cuts)
