"""What the head of the answer says: status, type, headers, HEAD."""

from typing import Final

from doctor.finding import Finding, Severity
from doctor.observations import StreamObserved
from doctor.recording import End, Head, Recording, media_type

_OK: Final = 200
_NO_METHOD: Final = (405, 501)


def judge_answer(seen: StreamObserved) -> list[Finding]:
    """Findings on the heads; none where none came."""
    head = seen.opening.head
    if head is None:
        return []
    found = [_status(head, seen.opening), *_type(head)]
    if head.status == _OK:
        found += [_caching(head), _accel(head), *_framing(head), _head_only(seen.head_only, head)]
        found.append(_retry(seen.opening))
    return found


def _status(head: Head, opening: Recording) -> Finding:
    if head.status == _OK:
        if any(event.name == "busy" for event in opening.events):
            means = "it is full or leaving, and says so in a way that EventSource comes back from"
            return Finding("status", Severity.INFO, "200, and told busy", means)
        return Finding("status", Severity.OK, "200")
    means = (
        "a native EventSource gives up for good on anything but 200: at capacity or while draining"
        " answer 200, retry: and a proper end"
    )
    if head.status in (301, 302, 303, 307, 308):
        means = f"examine {head.get('location') or 'where it leads'} instead"
    return Finding("status", Severity.PROBLEM, f"status {head.status}", means)


def _type(head: Head) -> list[Finding]:
    if head.status != _OK:
        return []
    kind = media_type(head) or "none"
    if kind == "text/event-stream":
        return [Finding("content-type", Severity.OK, head.get("content-type"))]
    means = "no EventSource takes it: Content-Type has to be text/event-stream"
    return [Finding("content-type", Severity.PROBLEM, f"Content-Type: {kind}", means)]


def _caching(head: Head) -> Finding:
    given = head.get("cache-control").lower()
    found = f"Cache-Control: {given}" if given else "no Cache-Control"
    if not ("no-store" in given or "no-cache" in given):
        means = "a cache may hold it back and hand it to others: no-store, no-transform"
        return Finding("cache-control", Severity.WARNING, found, means)
    if "no-transform" not in given:
        means = "proxies that compress leave no-transform alone (Cloudflare, Apache)"
        return Finding("cache-control", Severity.INFO, found, means)
    return Finding("cache-control", Severity.OK, found)


def _accel(head: Head) -> Finding:
    given = head.get("x-accel-buffering").lower()
    if given == "no":
        return Finding("x-accel-buffering", Severity.OK, "X-Accel-Buffering: no")
    means = "nginx buffers without it; an nginx on the way takes it out, so it may have been sent"
    found = f"X-Accel-Buffering: {given}" if given else "no X-Accel-Buffering"
    return Finding("x-accel-buffering", Severity.INFO, found, means)


def _framing(head: Head) -> list[Finding]:
    if head.all("content-length"):
        means = "a stream has no length: something collected the whole answer first"
        return [Finding("framing", Severity.PROBLEM, "Content-Length on a stream", means)]
    if "chunked" not in head.get("transfer-encoding").lower():
        means = "its end can't be told from a cut: HTTP/1.1 and chunks"
        return [Finding("framing", Severity.WARNING, "an answer without chunks", means)]
    return []


def _head_only(answer: Recording, stream: Head) -> Finding:
    head = answer.head
    if head is None:
        means = "a check by HEAD hangs, and may hold a stream open behind it"
        return Finding("head", Severity.WARNING, "HEAD is not answered", means)
    if answer.pieces or answer.end is End.CUT:
        return Finding("head", Severity.WARNING, "HEAD is answered with a body", "against RFC 9110")
    if head.status in _NO_METHOD:
        return Finding("head", Severity.INFO, f"HEAD: status {head.status}")
    if head.status != _OK or media_type(head) != media_type(stream):
        found = f"HEAD: status {head.status}, {media_type(head) or 'no type'}"
        return Finding("head", Severity.INFO, found, "not what GET is answered")
    return Finding("head", Severity.OK, "HEAD has GET's head, and ends")


def _retry(opening: Recording) -> Finding:
    if opening.retry_ms is None:
        means = "each browser takes a default of its own (1 to 5 s)"
        return Finding("retry", Severity.INFO, "no retry:", means)
    return Finding("retry", Severity.OK, f"retry: {opening.retry_ms} ms")
