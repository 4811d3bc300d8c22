"""All findings on an endpoint, in the order of a report."""

from doctor.finding import Finding
from doctor.judgement.answer import judge_answer
from doctor.judgement.compression import judge_compression
from doctor.judgement.crowd import judge_socket_crowd, judge_stream_crowd
from doctor.judgement.endings import judge_endings
from doctor.judgement.origins import judge_cors, judge_origins
from doctor.judgement.promptness import judge_promptness
from doctor.judgement.resumption import judge_resumption
from doctor.judgement.socket import judge_socket
from doctor.judgement.way import judge_way
from doctor.observations import SocketObserved, StreamObserved


def judge_stream(seen: StreamObserved) -> tuple[Finding, ...]:
    """What was found on an SSE endpoint; of one that is none, only what shows that."""
    found = judge_way(
        seen.line, tls=seen.tls, local=seen.local, websocket=False, proxies=seen.proxies
    )
    found += judge_answer(seen)
    if seen.opening.head is not None and not (seen.opening.is_event_stream or seen.opening.events):
        return tuple(found)
    for judge in (
        judge_promptness,
        judge_compression,
        judge_endings,
        judge_resumption,
        judge_cors,
        judge_stream_crowd,
    ):
        found += judge(seen)
    return tuple(found)


def judge_websocket(seen: SocketObserved) -> tuple[Finding, ...]:
    """What was found on a WebSocket endpoint."""
    found = judge_way(
        seen.line, tls=seen.tls, local=seen.local, websocket=True, proxies=seen.proxies
    )
    return (*found, *judge_socket(seen), *judge_origins(seen), *judge_socket_crowd(seen))
