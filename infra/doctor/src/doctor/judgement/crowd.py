"""What several connections at once are told."""

from collections.abc import Sequence

from doctor.conversation import Conversation
from doctor.finding import Finding, Severity
from doctor.knobs import Topic, knobs
from doctor.observations import SocketObserved, StreamObserved
from doctor.recording import Recording


def judge_stream_crowd(seen: StreamObserved) -> list[Finding]:
    """Findings on streams opened together."""
    outcomes = [_stream_outcome(one) for one in seen.crowd]
    return [_crowd(outcomes, knobs(Topic.CONNECTIONS, seen.proxies))] if outcomes else []


def judge_socket_crowd(seen: SocketObserved) -> list[Finding]:
    """Findings on WebSockets opened together."""
    outcomes = [_socket_outcome(one) for one in seen.crowd]
    return [_crowd(outcomes, knobs(Topic.CONNECTIONS, seen.proxies))] if outcomes else []


def _stream_outcome(recording: Recording | None) -> str:
    if recording is None:
        return "no connection"
    if recording.head is None:
        return "no answer"
    return "" if recording.head.status == 200 else f"status {recording.head.status}"  # noqa: PLR2004 - HTTP


def _socket_outcome(conversation: Conversation | None) -> str:
    if conversation is None:
        return "no connection"
    if conversation.head is None:
        return "no answer"
    if conversation.code is not None:
        return f"close {conversation.code}"
    return "" if conversation.upgraded else f"status {conversation.head.status}"


def _crowd(outcomes: Sequence[str], turn: tuple[str, ...]) -> Finding:
    failed = [outcome for outcome in outcomes if outcome]
    served = len(outcomes) - len(failed)
    if not failed:
        return Finding("connections", Severity.OK, f"{served} at once, all served")
    counts = ", ".join(f"{failed.count(one)} got {one}" for one in sorted(set(failed)))
    means = "a limit per address or in all; to a native EventSource anything but 200 is for good"
    if "no answer" in failed:
        means = "connections beyond a limit hang without an answer: a breaker or a full queue"
    found = f"{served} of {len(outcomes)} served; {counts}"
    return Finding("connections", Severity.WARNING, found, means, turn)
