"""Idle limits and ages of streams, found by waiting."""

from typing import Final

from doctor.duration import in_words
from doctor.events import Event
from doctor.finding import Finding, Severity
from doctor.judgement.cut import Cause, Cut, cut_of, settle
from doctor.knobs import Topic, knobs, turns
from doctor.limits import resembles_idle, resembles_total
from doctor.observations import StreamObserved
from doctor.recording import End, Recording, json_object

_CHECK: Final = "idle-limit"
_FIELD: Final = 45.0  # seconds of silence: below the smallest idle limit that is usual (50 s)


def judge_endings(seen: StreamObserved) -> list[Finding]:
    """Findings on what cut the streams, or didn't."""
    lively, quiet = seen.lively, seen.quiet
    if lively is None or lively.head is None:
        return []
    found = [_lively(seen, lively, quiet)]
    if quiet is not None and quiet.head is not None:
        found += _quiet(seen, quiet, lively)
    return found


def _lively(seen: StreamObserved, lively: Recording, quiet: Recording | None) -> Finding:
    cut = cut_of(lively)
    if cut is not None:
        return _cut(seen, settle(cut, quiet), "a stream with traffic")
    if lively.end is End.FINISHED:
        return _left(lively)
    held = f"open for {in_words(lively.lasted)}, through silences of {in_words(_silence(lively))}"
    if _beats(lively):
        return Finding(_CHECK, Severity.OK, held, "heartbeats or events keep it")
    if lively.lasted >= _FIELD:
        means = (
            "nothing was sent: HAProxy cuts after 50 s, nginx and ALB after 60 s; send heartbeats"
        )
        return Finding("heartbeats", Severity.WARNING, held, means)
    means = "nothing was sent in that time; a longer --idle tells more"
    return Finding("heartbeats", Severity.UNKNOWN, held, means)


def _beats(lively: Recording) -> bool:
    return lively.lasted - lively.silence > 1.0 and _silence(lively) < _FIELD


def _silence(recording: Recording) -> float:
    return max(recording.longest_survived, recording.silence)


def _left(lively: Recording) -> Finding:
    age = in_words(lively.lasted)
    if any(event.name in ("drain", "busy") for event in lively.events):
        found = f"ended properly after {age}, with a farewell"
        return Finding("age", Severity.INFO, found, "the service rotates its streams, or drains")
    means = "EventSource comes back by itself; a farewell would say when"
    return Finding("age", Severity.INFO, f"ended properly after {age}", means)


def _cut(seen: StreamObserved, cut: Cut, what: str) -> Finding:
    cause = cut.cause
    if cause is not Cause.SILENCE and seen.proxies and not turns(Topic.TOTAL, seen.proxies):
        cause = Cause.SILENCE if cause is Cause.EITHER else cause
    after = in_words(cut.after)
    silent, total = knobs(Topic.IDLE, seen.proxies), knobs(Topic.TOTAL, seen.proxies)
    if cause is Cause.SILENCE:
        found = f"{what} was cut after {after} of silence"
        means = f"an idle limit; {resembles_idle(cut.after)}. Above twice the heartbeat is right"
        return Finding(_CHECK, Severity.PROBLEM, found, means, silent)
    if cause is Cause.AGE:
        found = f"{what} was cut at the age of {after}, in the midst of events"
        means = f"a limit on the whole answer; {resembles_total(cut.after)}. Or its process died"
        return Finding("age", Severity.PROBLEM, found, means, total)
    found = f"{what} was cut after {after} in which nothing was sent"
    means = (
        "a limit on silence or on the whole answer, can't tell which;"
        f" on silence: {resembles_idle(cut.after)}; in all: {resembles_total(cut.after)}"
    )
    return Finding(_CHECK, Severity.PROBLEM, found, means, (*silent, *total))


def _quiet(seen: StreamObserved, quiet: Recording, lively: Recording) -> list[Finding]:
    cut = cut_of(quiet)
    if cut is None:
        found = f"{in_words(_silence(quiet))} of silence were survived"
        return [Finding("silence", Severity.OK, found, "the idle limit is longer")]
    cut = settle(cut, lively)
    if cut.cause is not Cause.SILENCE:
        return []  # `_lively` says it
    heartbeat = _heartbeat(seen.opening.events)
    after = in_words(cut.after)
    if heartbeat is None or cut.after <= 2 * heartbeat:
        return [_cut(seen, cut, "a quiet stream")]
    found = f"a quiet stream was cut after {after}: {resembles_idle(cut.after)}"
    means = f"heartbeats, every {heartbeat:.0f} s unless asked otherwise, come before that"
    return [Finding("silence", Severity.INFO, found, means)]


def _heartbeat(events: tuple[Event, ...]) -> float | None:
    """What a feed of Airwave says of itself."""
    beats = [json_object(event.data).get("heartbeat") for event in events if event.name == "hello"]
    return float(beats[0]) if beats and isinstance(beats[0], int | float) else None
