"""From the notes of a run to what is to be said of it."""

import contextlib

from realtime.client import CommandRefusedError
from realtime.testing import wait_until
from systemtests.chaos.crowd import CHAT_KIND, FEED_KIND, SENSORS_KIND, Crowd, history_of
from systemtests.chaos.notes import clients_of
from systemtests.checker import judge_client, judge_history, judge_order
from systemtests.verdict import Stood, Verdict

SILENCE_SECONDS = 2.5 * 5.0 + 5.0
"""Two and a half heartbeats, and what a starved machine may add."""
_HISTORY_WITHIN = 60.0


async def judge_crowd(crowd: Crowd, *, history: bool) -> Verdict:
    """All clients of a run against all that was sent; ``history``: what the room keeps, too."""
    book, verdict = crowd.book, Verdict()
    readings, posts = book.sent(SENSORS_KIND), book.sent(CHAT_KIND)
    for _, facts in clients_of(book, FEED_KIND):
        verdict.add(judge_client(readings, facts))
    talkers = [facts for _, facts in clients_of(book, CHAT_KIND)]
    for facts in talkers:
        # Its heartbeats are WebSocket pings, which no reader sees: silence says nothing.
        heard = [fact for fact in facts if not isinstance(fact, Stood)]
        verdict.add(judge_client(posts, heard, contiguous=False))
    verdict.reordered += judge_order(talkers)
    for client, ended in book.ended.items():
        verdict.duplicate += [f"{client} dropped one that came again"] * ended.duplicates
    if history:
        for server in crowd.world.chats:
            verdict.add(await _history_verdict(crowd, server.url))
    return verdict


async def _history_verdict(crowd: Crowd, url: str) -> Verdict:
    """A store that was emptied is filled again from the log, which may take a moment."""
    sent, found = crowd.book.sent(CHAT_KIND), Verdict(lost=["the whole history"])

    async def whole() -> bool:
        nonlocal found
        try:
            found = judge_history(sent, await history_of(url, crowd.room))
        except CommandRefusedError as refused:
            if not refused.retryable:
                raise
            return False  # its store was away a moment ago
        return not found.lost  # nothing else of it can mend with time

    with contextlib.suppress(AssertionError):
        await wait_until(whole, within=_HISTORY_WITHIN)
    return found
