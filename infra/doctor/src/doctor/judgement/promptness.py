"""Whether events arrive when they are sent, or are held back and come in lumps."""

from itertools import groupby, pairwise
from typing import Any, Final

from doctor.duration import in_words
from doctor.events import Event
from doctor.finding import Finding, Severity
from doctor.knobs import Topic, knobs
from doctor.observations import StreamObserved
from doctor.recording import Recording, json_object

_STAMPS: Final = ("server_time", "timestamp", "time", "ts")
_SENDING: Final = "server_time"  # says when it was sent, also in what is replayed
_OPENING: Final = 1.0  # seconds in which stored events may come, which are older
_TOGETHER: Final = 0.1  # seconds: arrived as one
_APART: Final = 1.0  # seconds between two moments of sending that can't be one flush
_EPOCH: Final = 1e9
_MILLISECONDS: Final = 1e11


def judge_promptness(seen: StreamObserved) -> list[Finding]:
    """Findings on the first byte and on what follows."""
    first = _first(seen)
    lump = next((lump for one in _recordings(seen) if (lump := longest_lump(one)) > 0), 0.0)
    if lump:
        return [first, _held(seen, f"events sent over {in_words(lump)} arrived as one lump")]
    return [first, *_flow(seen)]


def longest_lump(recording: Recording) -> float:
    """Seconds between the sending of events that arrived together; 0 where there are none."""
    stamped = [(event.at, stamp) for event in recording.events if (stamp := _sent_at(event))]
    longest = 0.0
    lump: list[tuple[float, float]] = []
    for moment in stamped:
        if lump and moment[0] - lump[-1][0] > _TOGETHER:
            lump = []
        lump.append(moment)
        stamps = [stamp for _, stamp in lump]
        longest = max(longest, max(stamps) - min(stamps))
    return longest if longest >= _APART else 0.0


def _sent_at(event: Event) -> float | None:
    value = json_object(event.data)
    for name in _STAMPS:
        if name != _SENDING and event.at < _OPENING:
            continue
        if (stamp := _epoch_seconds(value.get(name))) is not None:
            return stamp
    return None


def _epoch_seconds(value: Any) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool) or value < _EPOCH:
        return None
    return value / 1000 if value > _MILLISECONDS else float(value)


def _recordings(seen: StreamObserved) -> list[Recording]:
    return [one for one in (seen.opening, seen.lively) if one is not None]


def _first(seen: StreamObserved) -> Finding:
    opening, patience = seen.opening, in_words(seen.patience)
    if opening.head is None and opening.lasted < seen.patience * 0.9:
        found = f"no answer: {opening.end} after {in_words(opening.lasted)}"
        return Finding("first-event", Severity.PROBLEM, found, "nothing can be said of the stream")
    if opening.head is None:
        return _no_head(seen)
    if opening.events:
        when = in_words(opening.events[0].at)
        found = f"head after {in_words(opening.head_at or 0)}, first event after {when}"
        return Finding("first-event", Severity.OK, found)
    if seen.airwave:
        return _held(seen, f"a head, but no hello within {patience}")
    found = f"head after {in_words(opening.head_at or 0)}, no event within {patience}"
    means = "nothing may have happened, or something holds events back: an event at the start, or"
    return Finding("first-event", Severity.UNKNOWN, found, f"{means} heartbeats, would tell")


def _no_head(seen: StreamObserved) -> Finding:
    found = f"no answer within {in_words(seen.patience)}"
    if seen.airwave:
        return _held(seen, f"{found}, though a feed of Airwave speaks at once")
    head = seen.head_only
    if head.head is not None and head.head.status == 200:  # noqa: PLR2004 - HTTP
        return _held(seen, f"{found} to GET, while HEAD was answered in {in_words(head.lasted)}")
    means = "either the service waits with its head for the first event, or a proxy holds it back"
    return Finding(
        "first-event", Severity.PROBLEM, found, means, knobs(Topic.BUFFERING, seen.proxies)
    )


def _held(seen: StreamObserved, found: str) -> Finding:
    means = "a proxy collects the answer in a buffer before it passes it on"
    if seen.opening.head and seen.opening.head.get("content-encoding"):
        means += "; or it compresses it"
    turn = (*knobs(Topic.BUFFERING, seen.proxies), *knobs(Topic.COMPRESSION, seen.proxies)[:1])
    return Finding("buffering", Severity.PROBLEM, found, means, turn)


def _flow(seen: StreamObserved) -> list[Finding]:
    lively = seen.lively
    if lively is None or seen.opening.head is None:
        return []
    times = [at for at, _ in groupby(event.at for event in lively.events)]
    if len(times) < 3:  # noqa: PLR2004 - two gaps say something about a rhythm
        found = f"{len(lively.events)} events in {in_words(lively.lasted)}"
        means = "too few to say whether they are held back" if not seen.airwave else ""
        severity = Severity.OK if seen.airwave and times else Severity.UNKNOWN
        return [Finding("buffering", severity, found, means)]
    gaps = sorted(later - earlier for earlier, later in pairwise(times))
    found = (
        f"{len(lively.events)} events in {in_words(lively.lasted)} at {len(times)} moments,"
        f" {in_words(gaps[len(gaps) // 2])} apart in the median, {in_words(gaps[-1])} at most"
    )
    if not any(_sent_at(event) for event in lively.events):
        means = "events carry no time of their own that we know: a constant delay would not show"
        return [Finding("buffering", Severity.UNKNOWN, found, means)]
    return [Finding("buffering", Severity.OK, found, "no lumps")]
