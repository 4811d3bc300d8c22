"""Pages out of history and ring: complete, or refused."""

import time
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.changes import Changes
from chat.errors import HistoryUnavailableError, Unavailable
from chat.history import HistoryEntry, Page, Span
from chat.pages import PAGE_BYTES, Pages
from chat.protocol import Limits, Message, encode_frame, stored_form
from chat.testing import MemoryHistory
from realtime.fanout import Entry, Hub, Part
from realtime.log import LogLimits
from realtime.position import Position

EPOCH = "e100"
LIMITS = Limits(rooms=20, text_bytes=4096, replay=1000, posts_per_second=5, posts_burst=20)


def frame(offset: int, text: str = "t") -> bytes:
    message = Message(
        room="lobby", position=f"{EPOCH}-{offset}", cid="c", user="ada", text=text, time=1
    )
    return encode_frame(message)


class Replica:
    """A log of which history has the beginning and the ring the end."""

    def __init__(self, *, head: int, projected: int | None, floor: int, text: str = "t") -> None:
        self.hub = Hub(
            LogLimits(count=1_000, bytes=100_000_000, age=timedelta(hours=1)),
            flush_interval=timedelta(0),
            evict_after=timedelta(seconds=30),
            channels_max=10,
        )
        self.history = MemoryHistory()
        self.changes = Changes()
        self.pages = Pages(self.hub, self.changes, self.history, LIMITS)
        self._head = head
        self._projected = projected
        self._floor = floor
        self._text = text

    async def fill(self) -> "Replica":
        self.hub.restart(epoch=EPOCH, floor=self._floor)
        for offset in range(self._floor + 1, self._head + 1):
            # Every third message is of another room.
            room = "lobby" if offset % 3 else "attic"
            part = Part(room, frame(offset, self._text))
            self.hub.publish(Entry(offset, (part,)))
        await self.history.lead()
        if self._projected is not None:
            await self.history.store(
                Page(
                    entries=[
                        HistoryEntry(
                            room="lobby",
                            offset=offset,
                            changed=offset,
                            payload=stored_form("lobby", frame(offset, self._text)),
                            time=time.time(),
                        )
                        for offset in range(1, self._projected + 1)
                        if offset % 3
                    ],
                    seen=None,
                    upto=Position(EPOCH, self._projected),
                )
            )
        return self

    async def offsets(self, span: Span) -> tuple[list[int], bool]:
        page = await self.pages.read(span)
        return [offset for offset, _ in page.messages], page.more


def lobby(first: int, last: int) -> list[int]:
    return [offset for offset in range(first, last + 1) if offset % 3]


async def test_history_that_has_caught_up_is_the_page() -> None:
    replica = await Replica(head=30, projected=30, floor=20).fill()
    assert await replica.offsets(Span(room="lobby", limit=4)) == ([25, 26, 28, 29], True)
    assert await replica.offsets(Span(room="lobby", limit=100)) == (lobby(1, 30), False)
    assert await replica.offsets(Span(room="attic", limit=4)) == ([], False)


async def test_what_history_has_not_reached_comes_from_the_ring() -> None:
    replica = await Replica(head=30, projected=22, floor=20).fill()
    assert await replica.offsets(Span(room="lobby", limit=100)) == (lobby(1, 30), False)
    assert await replica.offsets(Span(room="lobby", limit=4)) == ([25, 26, 28, 29], True)
    assert await replica.offsets(Span(room="lobby", limit=3, before=25)) == ([20, 22, 23], True)
    oldest = Span(room="lobby", limit=4, after=20, oldest=True)
    assert await replica.offsets(oldest) == ([22, 23, 25, 26], True)


async def test_history_and_ring_that_do_not_meet_are_no_page() -> None:
    replica = await Replica(head=40, projected=10, floor=20).fill()
    for span in (
        Span(room="lobby", limit=50),
        Span(room="lobby", limit=50, before=21),
        Span(room="lobby", limit=1, before=13),
        # What was done to these messages above 10 and below the ring is not known.
        Span(room="lobby", limit=3, before=11),
        Span(room="lobby", limit=3, after=1, oldest=True),
        Span(room="lobby", limit=50, after=1, oldest=True),
        Span(room="lobby", limit=50, after=15, oldest=True),
    ):
        with pytest.raises(HistoryUnavailableError) as raised:
            await replica.pages.read(span)
        assert raised.value.reason is Unavailable.BEHIND
    assert replica.pages.failures == 7


async def test_a_span_beside_the_hole_is_a_page() -> None:
    replica = await Replica(head=40, projected=10, floor=20).fill()
    assert await replica.offsets(Span(room="lobby", limit=3)) == ([37, 38, 40], True)
    new = Span(room="lobby", limit=50, after=20, oldest=True)
    assert await replica.offsets(new) == (lobby(21, 40), False)


async def test_history_that_is_ahead_of_this_replica_is_the_page() -> None:
    replica = await Replica(head=20, projected=30, floor=10).fill()
    assert await replica.offsets(Span(room="lobby", limit=100)) == (lobby(1, 30), False)


@pytest.mark.parametrize("epoch", [None, "e200"])
async def test_an_empty_store_or_one_of_another_epoch_is_being_rebuilt(epoch: str | None) -> None:
    replica = await Replica(head=30, projected=None, floor=0).fill()
    if epoch is not None:
        replica.history.server.position = Position(epoch, 30)
    with pytest.raises(HistoryUnavailableError) as raised:
        await replica.pages.read(Span(room="lobby", limit=1))
    assert raised.value.reason is Unavailable.REBUILT


async def test_a_store_that_is_down_is_counted() -> None:
    replica = await Replica(head=30, projected=30, floor=0).fill()
    replica.history.server.down = True
    with pytest.raises(HistoryUnavailableError) as raised:
        await replica.pages.read(Span(room="lobby", limit=1))
    assert raised.value.reason is Unavailable.DOWN
    assert replica.pages.failures == 1


async def test_a_page_of_long_messages_is_cut_and_says_so() -> None:
    replica = await Replica(head=100, projected=100, floor=90, text="x" * 10_000).fill()
    page = await replica.pages.read(Span(room="lobby", limit=100))
    assert sum(len(message) for _, message in page.messages) <= PAGE_BYTES
    assert page.messages[-1][0] == 100
    assert page.more
    page = await replica.pages.read(Span(room="lobby", limit=100, after=0, oldest=True))
    assert page.messages[0][0] == 1
    assert page.more


@given(
    head=st.integers(0, 30),
    behind=st.integers(0, 10),
    ring=st.integers(0, 30),
    limit=st.integers(1, 12),
    after=st.none() | st.integers(0, 32),
    before=st.none() | st.integers(0, 32),
)
async def test_a_page_is_what_the_whole_log_says_or_refused(
    head: int, behind: int, ring: int, limit: int, after: int | None, before: int | None
) -> None:
    replica = await Replica(
        head=head, projected=max(head - behind, 0), floor=max(head - ring, 0)
    ).fill()
    span = Span(room="lobby", limit=limit, after=after, before=before, oldest=after is not None)
    low = -1 if after is None else after
    high = head + 1 if before is None else before
    whole = [offset for offset in lobby(1, head) if low < offset < high]
    expected = whole[:limit] if span.oldest else whole[-limit:]
    try:
        found = await replica.offsets(span)
    except HistoryUnavailableError:
        assert behind > ring
    else:
        assert found == (expected, len(whole) > limit)
