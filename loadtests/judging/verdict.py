"""Whether a run passed, failed, or says nothing because the generator could not keep up."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from crowd.journal import Journal
from judging import lines
from judging.thresholds import Thresholds

PASSED: Final = 0
FAILED: Final = 1
VOID: Final = 3
_HINT: Final = (
    "something on the way buffers or compresses the stream (proxy_buffering, gzip): "
    "make doctor URL=… names the knob"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """``broken``: promises and connections; ``void``: why times say nothing; ``exceeded``: limits.

    ``notes`` are worth knowing and no reason to fail.
    """

    broken: tuple[str, ...] = ()
    void: tuple[str, ...] = ()
    exceeded: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def status(self) -> int:
        """The exit status. A late generator excuses late events, and no lost one."""
        if self.broken:
            return FAILED
        if self.void:
            return VOID
        return FAILED if self.exceeded else PASSED

    @property
    def word(self) -> str:
        """For people."""
        return {PASSED: "passed", FAILED: "FAILED", VOID: "VOID"}[self.status]

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why, the weightiest first."""
        return (*self.broken, *(f"void: {why}" for why in self.void), *self.exceeded)

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {"word": self.word, "reasons": list(self.reasons), "notes": list(self.notes)}


def judge(journal: Journal, thresholds: Thresholds, *, judge_times: bool = True) -> Verdict:
    """The verdict on a whole run; without ``judge_times`` only on what came, not on when."""
    return Verdict(
        broken=(*_promises(journal), *_connections(journal, thresholds), *_unproven(journal)),
        void=tuple(_void(journal, thresholds)),
        exceeded=(
            *_held_back(journal),
            *(_exceeded(journal, thresholds) if judge_times else ()),
        ),
        notes=tuple(what for _, what in journal.moments),
    )


def _promises(journal: Journal) -> Iterator[str]:
    for (line, why), count in sorted(journal.failures.items()):
        if line.partition(" ")[2] in lines.PROMISES:
            yield f"promise broken: {line}, {count} times: {why}"
    for (line, why), count in sorted(journal.failures.items()):
        if line in (lines.ROLL, lines.HISTORY):
            yield f"{line} failed, {count} times: {why}"


def _connections(journal: Journal, thresholds: Thresholds) -> Iterator[str]:
    for kind in lines.PROOFS:
        line = f"{kind} connection"
        failed, tried = journal.failures_of(line), _tried(journal, kind)
        allowed = thresholds.failures.get(kind, 0.0)
        if failed > allowed * max(tried, 1):
            whys = sorted(
                ((count, why) for (name, why), count in journal.failures.items() if name == line),
                reverse=True,
            )
            most = "; ".join(f"{count} × {why}" for count, why in whys[:3])
            yield f"{failed} of {tried} {kind} connections failed (allowed {allowed:.1%}): {most}"


def _unproven(journal: Journal) -> Iterator[str]:
    """No failure is no success: who tried has to have got something."""
    if not any(_tried(journal, kind) for kind in lines.PROOFS):
        yield "no user ran"
    for kind, proofs in lines.PROOFS.items():
        if _tried(journal, kind) and not any(journal.times.get(line) for line in proofs):
            yield f"{kind} users saw nothing: no {' or '.join(proofs)}"


def _tried(journal: Journal, kind: str) -> int:
    return sum(journal.counts.get(f"{kind} {lines.TRIED}", {}).values())


def _void(journal: Journal, thresholds: Thresholds) -> Iterator[str]:
    late = journal.total(lines.LAG).percentile(99)
    limit = thresholds.late_limit(frozenset(journal.times))
    if late > limit:
        yield (
            f"the generator itself was {late * 1e3:.0f} ms late (p99), more than "
            f"{limit * 1e3:.0f} ms: fewer users, more processes, or another machine"
        )
    busy = journal.total(lines.CPU).percentile(90)
    if busy > thresholds.cpu_share:
        yield f"the generator used {busy:.0%} of its core (p90): fewer users or more processes"


def _held_back(journal: Journal) -> Iterator[str]:
    """What came late or not at all, and may have been held back by a late generator itself."""
    if held := journal.failures_of(lines.HELD_BACK):
        whys = {why for line, why in journal.failures if line == lines.HELD_BACK}
        yield f"held back, {held} times ({'; '.join(sorted(whys))}): {_HINT}"


def _exceeded(journal: Journal, thresholds: Thresholds) -> Iterator[str]:
    for limit in thresholds.limits:
        histogram = journal.total(limit.line)
        took = histogram.percentile(limit.percent)
        if histogram.count and took > limit.seconds:
            yield (
                f"too slow: {limit.line} p{limit.percent:g} {took * 1e3:.0f} ms, "
                f"limit {limit.seconds * 1e3:.0f} ms"
            )
