"""What the WebSocket itself says: upgrade, subprotocol, ping, frames, compression, idle limit."""

from typing import Final

from doctor.conversation import Conversation
from doctor.duration import in_words
from doctor.finding import Finding, Severity
from doctor.knobs import Proxy, Topic, knobs
from doctor.limits import resembles_idle, resembles_total
from doctor.observations import SocketObserved
from doctor.recording import End

_TOO_LARGE: Final = 1009
_FORBIDDEN: Final = 403
_FIELD: Final = 45.0  # seconds, as for streams


def judge_socket(seen: SocketObserved) -> list[Finding]:
    """Findings on the connection, the upgrade first."""
    if not seen.opening.upgraded:
        return [_not_upgraded(seen)]
    head = seen.opening.head
    found = [Finding("upgrade", Severity.OK, f"status {head.status if head else 0}")]
    found += [_pong(seen.opening), *_strange(seen), *_deflated(seen), *_oversized(seen)]
    return [*found, *_idle(seen)]


def _not_upgraded(seen: SocketObserved) -> Finding:
    opening, plain = seen.opening, seen.plain.head
    if opening.head is None:
        found = f"the handshake got no answer: {opening.end} after {in_words(opening.lasted)}"
        return Finding("upgrade", Severity.PROBLEM, found, "", knobs(Topic.UPGRADE, seen.proxies))
    status = opening.head.status
    turn = knobs(Topic.UPGRADE, seen.proxies)
    # Envoy answers 403 where a route has no upgrade_configs.
    closed = status == _FORBIDDEN and Proxy.ENVOY in seen.proxies
    if status in (401, _FORBIDDEN, 429, 503) and not closed:
        means = "refused, not broken: who may connect, and how many (--header can carry a token)"
        return Finding("upgrade", Severity.PROBLEM, f"status {status}", means)
    if plain is not None and plain.status == status:
        found = f"status {status}, and the same for a plain GET"
        means = (
            "the service sees no upgrade: a proxy does not pass it on, speaks HTTP/1.0 to the"
            " service, or the path is none of a WebSocket"
        )
        return Finding("upgrade", Severity.PROBLEM, found, means, turn)
    found = f"status {status} ({opening.why_not})"
    return Finding("upgrade", Severity.PROBLEM, found, "the upgrade is lost or broken", turn)


def _pong(opening: Conversation) -> Finding:
    if opening.answered_in is not None:
        return Finding("ping", Severity.OK, f"answered in {in_words(opening.answered_in)}")
    if opening.code is not None:
        found = f"closed with {opening.code} {opening.reason}".rstrip()
        return Finding("ping", Severity.PROBLEM, found, "it does not stay open")
    means = "RFC 6455 wants a pong: something on the way eats control frames"
    return Finding("ping", Severity.PROBLEM, "a ping is not answered", means)


def _strange(seen: SocketObserved) -> list[Finding]:
    one = seen.strange
    if one is None:
        return []
    if one.refused:
        return [Finding("subprotocol", Severity.OK, "an unknown one is refused")]
    if one.subprotocol:
        means = "it takes whatever is offered: two versions will misunderstand each other"
        return [Finding("subprotocol", Severity.WARNING, "an unknown one is accepted", means)]
    means = "browsers close then, as they should"
    return [Finding("subprotocol", Severity.INFO, "an unknown one is ignored", means)]


def _deflated(seen: SocketObserved) -> list[Finding]:
    one = seen.deflated
    if one is None or not one.upgraded:
        return []
    if one.extensions:
        means = "tens of KiB for each connection, and small frames that grow large: limit both"
        return [Finding("deflate", Severity.INFO, one.extensions, means)]
    return [Finding("deflate", Severity.OK, "not taken when offered")]


def _oversized(seen: SocketObserved) -> list[Finding]:
    one = seen.oversized
    if one is None:
        means = "not tried, for a frame may have effects: --frames"
        return [Finding("frame-limit", Severity.UNKNOWN, "no frame was sent", means)]
    size = f"a frame of {one.sent_bytes} bytes"
    if one.code == _TOO_LARGE:
        return [Finding("frame-limit", Severity.OK, f"{size}: closed with 1009")]
    if one.end is not End.OURS:
        return [Finding("frame-limit", Severity.INFO, f"{size}: {one.end}", "1009 would say why")]
    return [Finding("frame-limit", Severity.WARNING, f"{size} is taken", "memory for anybody")]


def _idle(seen: SocketObserved) -> list[Finding]:
    one = seen.idle
    if one is None or not one.upgraded:
        return []
    lasted, silence = in_words(one.lasted), one.lasted - one.last_at
    if one.code is not None:
        found = f"closed with {one.code} {one.reason} after {lasted}".replace("  ", " ")
        return [Finding("idle-limit", Severity.INFO, found, "the server's own decision")]
    if one.end is not End.OURS:
        turn = knobs(Topic.IDLE, seen.proxies)
        found = f"cut after {in_words(silence)} of silence, {lasted} in all ({one.pings} pings)"
        means = f"as an idle limit: {resembles_idle(silence)}; as a limit in all: "
        means += f"{resembles_total(one.lasted)}. The server has to ping at least twice as often"
        total = knobs(Topic.TOTAL, seen.proxies) if one.pings or one.last_at < silence else ()
        return [Finding("idle-limit", Severity.PROBLEM, found, means, (*turn, *total))]
    if one.answered_in is None:
        means = "something on the way has forgotten it without telling either side"
        return [Finding("idle-limit", Severity.PROBLEM, f"dead after {lasted}, not closed", means)]
    found = f"alive after {in_words(one.quiet_before_ping)} of silence, {lasted} in all"
    found += f"; the server pinged {one.pings} times"
    if not one.pings and one.lasted > _FIELD:
        means = "no pings: HAProxy cuts after 50 s, nginx and ALB after 60 s, and dead peers stay"
        return [Finding("idle-limit", Severity.WARNING, found, means)]
    return [Finding("idle-limit", Severity.OK, found)]
