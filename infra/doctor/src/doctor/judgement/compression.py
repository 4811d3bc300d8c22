"""Whether compression holds events back."""

from typing import Final

from doctor.duration import in_words
from doctor.finding import Finding, Severity
from doctor.knobs import Topic, knobs
from doctor.observations import StreamObserved
from doctor.recording import Recording

_GZIP: Final = b"\x1f\x8b"
_CHECK: Final = "compression"


def judge_compression(seen: StreamObserved) -> list[Finding]:
    """Findings on `squeezed`, by what `opening` got without compression."""
    if not seen.opening.events:
        return []  # nothing to compare with
    # nginx 1.31 holds a gzipped stream back only while it also buffers: either knob mends it.
    turn = (*knobs(Topic.COMPRESSION, seen.proxies), *knobs(Topic.BUFFERING, seen.proxies))
    if unasked := _coding(seen.opening):
        found = f"{unasked}, though the request wanted none"
        return [Finding(_CHECK, Severity.PROBLEM, found, "some clients can't read it", turn)]
    return [_squeezed(seen.squeezed, in_words(seen.opening.events[0].at), turn)]


def _squeezed(squeezed: Recording, plain: str, turn: tuple[str, ...]) -> Finding:
    coding = _coding(squeezed)
    if "," in coding or squeezed.body.startswith(_GZIP):
        means = "service and proxy both compress: browsers see gibberish"
        return Finding(_CHECK, Severity.PROBLEM, "compressed twice", means, turn)
    if not squeezed.events:
        how = f"Content-Encoding: {coding}" if coding else "Accept-Encoding: gzip"
        if coding and coding not in ("gzip", "deflate"):
            return Finding(_CHECK, Severity.UNKNOWN, how, "a coding that this program can't read")
        found = f"{how}: no event within {in_words(squeezed.lasted)}; without, {plain}"
        means = "a proxy compresses the stream and holds it back until its buffer is full"
        return Finding(_CHECK, Severity.PROBLEM, found, means, turn)
    first = in_words(squeezed.events[0].at)
    if coding:
        found = f"{coding}, first event after {first} ({plain} without)"
        return Finding(_CHECK, Severity.OK, found, "each event is flushed")
    return Finding(_CHECK, Severity.OK, "none, also when gzip is accepted")


def _coding(recording: Recording) -> str:
    coding = recording.head.get("content-encoding").lower() if recording.head else ""
    return "" if coding == "identity" else coding
