"""What pages from elsewhere may do."""

from typing import Final

from doctor.conversation import Conversation
from doctor.finding import Finding, Severity
from doctor.knobs import Topic, knobs
from doctor.observations import SocketObserved, StreamObserved
from doctor.recording import Recording

_FORBIDDEN: Final = 403


def judge_cors(seen: StreamObserved) -> list[Finding]:
    """Findings on ``Access-Control-*`` for an origin that nobody can have allowed."""
    return [
        finding
        for whose, recording in (("a foreign origin", seen.foreign), ("null", seen.null))
        for finding in _cors(whose, recording)
    ]


def _cors(whose: str, recording: Recording) -> list[Finding]:
    if recording.head is None:
        return []
    allowed = recording.head.get("access-control-allow-origin")
    cookies = recording.head.get("access-control-allow-credentials").lower() == "true"
    if not allowed:
        found = f"{whose}: not allowed to read it"
        return [Finding("cors", Severity.OK, found, "the browser keeps it from other pages")]
    if cookies and allowed != "*":
        found = f"{whose} is allowed ({allowed}), with cookies"
        means = "any page reads the stream as the visitor who has it open: an exact allow-list"
        return [Finding("cors", Severity.PROBLEM, found, means)]
    if cookies:
        found = "* with Access-Control-Allow-Credentials"
        means = "browsers refuse the two together: it works for nobody who sends a cookie"
        return [Finding("cors", Severity.WARNING, found, means)]
    means = "every page may read it, without cookies: right for what is public"
    return [Finding("cors", Severity.INFO, f"{whose}: {allowed}", means)]


def judge_origins(seen: SocketObserved) -> list[Finding]:
    """Findings on who may open the WebSocket: browsers leave that to the server."""
    return [
        _origin(whose, conversation, seen)
        for whose, conversation in (("a foreign origin", seen.foreign), ("null", seen.null))
        if conversation is not None
    ]


def _origin(whose: str, conversation: Conversation, seen: SocketObserved) -> Finding:
    if conversation.refused:
        status = conversation.head.status if conversation.head else 0
        how = f"close {conversation.code}" if conversation.code else f"status {status}"
        return Finding("origin", Severity.OK, f"{whose} is refused ({how})")
    means = (
        "any page may open it with the visitor's cookies; an exact allow-list of origins in the"
        " service (Airwave: CHAT_ORIGINS), and a proxy that passes Origin on as it is"
    )
    turn = knobs(Topic.ORIGIN, seen.proxies)
    return Finding("origin", Severity.PROBLEM, f"{whose} is accepted", means, turn)
