"""What every history must do: one suite for the fake and for the real server."""

import random
import time
from collections.abc import Sequence
from dataclasses import replace

from chat.history import History, HistoryEntry, Lead, Page, Span
from realtime.position import Position


def entry(
    offset: int, *, room: str = "lobby", changed: int | None = None, age: float = 0.0
) -> HistoryEntry:
    """An entry of so many seconds ago whose payload says where it is, and after which change."""
    changed = offset if changed is None else changed
    payload = f'{{"position":"e100-{offset}","cid":"a:b:{changed}"}}'.encode()
    return HistoryEntry(
        room=room, offset=offset, changed=changed, payload=payload, time=time.time() - age
    )


def page(
    entries: Sequence[HistoryEntry], *, seen: int | None, upto: int, epoch: str = "e100"
) -> Page:
    """A page between two offsets of one epoch."""
    before = None if seen is None else Position(epoch, seen)
    return Page(entries=entries, seen=before, upto=Position(epoch, upto))


async def offsets(history: History, span: Span, *, epoch: str = "e100") -> list[int]:
    """The offsets of what history holds of a span."""
    return [found.offset for found in (await history.read(span, epoch=epoch)).entries]


class HistoryContract:
    """Subclass it and give the fixtures.

    ``history`` and ``other`` are those of two replicas over one empty store that keeps 10 messages
    of a room, and each for an hour.
    """

    async def test_an_empty_store_has_no_position(self, history: History) -> None:
        """Nothing was projected yet, which is not the same as an empty room."""
        assert await history.lead() == Lead(held=True, position=None)
        found = await history.read(Span(room="lobby", limit=5), epoch="e100")
        assert found.position is None
        assert found.entries == []

    async def test_a_page_is_read_back_with_its_position(self, history: History) -> None:
        """Messages and position are one."""
        await history.lead()
        assert await history.store(page([entry(3), entry(4, room="attic")], seen=None, upto=7))
        found = await history.read(Span(room="lobby", limit=5), epoch="e100")
        assert found.position == Position("e100", 7)
        assert [(item.offset, item.payload) for item in found.entries] == [(3, entry(3).payload)]
        assert await history.lead() == Lead(held=True, position=Position("e100", 7))

    async def test_spans_exclude_their_ends(self, history: History) -> None:
        """Before and after, newest and oldest."""
        await history.lead()
        await history.store(page([entry(n) for n in range(1, 10)], seen=None, upto=9))
        assert await offsets(history, Span(room="lobby", limit=3)) == [7, 8, 9]
        assert await offsets(history, Span(room="lobby", limit=3, before=8)) == [5, 6, 7]
        assert await offsets(history, Span(room="lobby", limit=3, after=8)) == [9]
        oldest = Span(room="lobby", limit=3, after=2, oldest=True)
        assert await offsets(history, oldest) == [3, 4, 5]
        between = Span(room="lobby", limit=5, after=2, before=5, oldest=True)
        assert await offsets(history, between) == [3, 4]

    async def test_a_page_made_from_another_position_is_refused(self, history: History) -> None:
        """An emptied store would otherwise be told that it is complete."""
        await history.lead()
        assert not await history.store(page([entry(8)], seen=7, upto=8))
        assert await history.store(page([], seen=None, upto=7))
        assert not await history.store(page([entry(8)], seen=None, upto=8))
        assert await history.store(page([entry(8)], seen=7, upto=8))
        assert await offsets(history, Span(room="lobby", limit=5)) == [8]

    async def test_one_replica_projects(self, history: History, other: History) -> None:
        """The other reads, and takes over when the first resigns."""
        assert (await history.lead()).held
        assert not (await other.lead()).held
        assert not await other.store(page([entry(1)], seen=None, upto=1))
        await other.resign()
        assert (await history.lead()).held
        await history.resign()
        assert (await other.lead()).held
        assert not (await history.lead()).held
        assert await other.store(page([entry(1)], seen=None, upto=1))
        assert await offsets(history, Span(room="lobby", limit=5)) == [1]

    async def test_order_and_repetition_change_nothing(self, history: History) -> None:
        """An older change never replaces a newer one."""
        await history.lead()
        changes = [entry(n) for n in range(1, 7)]
        changes += [entry(2, changed=8), entry(2, changed=9), entry(5, changed=10)]
        expected = [entry(1), entry(2, changed=9), entry(3), entry(4), entry(5, changed=10)]
        expected.append(entry(6))
        seen: int | None = None
        for seed in range(10):
            chance = random.Random(seed)  # noqa: S311 - a reproducible order
            shuffled = changes + chance.sample(changes, 4)
            chance.shuffle(shuffled)
            for number, item in enumerate(shuffled):
                upto = seed * 100 + number + 1
                assert await history.store(page([item], seen=seen, upto=upto))
                seen = upto
            found = await history.read(Span(room="lobby", limit=20), epoch="e100")
            shown = [(item.offset, item.payload) for item in found.entries]
            assert shown == [(item.offset, item.payload) for item in expected]

    async def test_a_room_keeps_its_newest(self, history: History) -> None:
        """Bounded by count."""
        await history.lead()
        await history.store(page([entry(n) for n in range(1, 11)], seen=None, upto=10))
        span = Span(room="lobby", limit=20)
        assert await offsets(history, span) == list(range(1, 11))
        await history.store(page([entry(n) for n in range(11, 16)], seen=10, upto=15))
        assert await offsets(history, span) == list(range(6, 16))

    async def test_a_message_is_kept_for_so_long(self, history: History) -> None:
        """Also in a room in which nothing happens any more."""
        await history.lead()
        entries = [entry(1, age=3_700), entry(2, age=3_610), entry(3, age=3_500), entry(4)]
        await history.store(page(entries, seen=None, upto=4))
        assert await offsets(history, Span(room="lobby", limit=20)) == [3, 4]
        oldest = Span(room="lobby", limit=1, after=0, oldest=True)
        assert await offsets(history, oldest) == [3]

    async def test_what_came_early_waits_unseen_for_its_message(self, history: History) -> None:
        """And is found by whoever has to complete it."""
        await history.lead()
        early = replace(entry(3, changed=5), early=True)
        await history.store(page([entry(1), early], seen=None, upto=5))
        span = Span(room="lobby", limit=20)
        assert await offsets(history, span) == [1]
        places = [("lobby", 1), ("lobby", 2), ("lobby", 3), ("attic", 1)]
        assert await history.find(places, epoch="e100") == {
            ("lobby", 1): (await history.read(span, epoch="e100")).entries[0],
            ("lobby", 3): early,
        }
        whole = entry(3, changed=5)
        await history.store(page([whole], seen=5, upto=6))
        assert await offsets(history, span) == [1, 3]
        assert await history.find([("lobby", 3)], epoch="e100") == {("lobby", 3): whole}

    async def test_the_same_change_with_more_to_it_is_taken(self, history: History) -> None:
        """An older entry that came later is in it."""
        await history.lead()
        first = entry(1, changed=9)
        await history.store(page([first], seen=None, upto=9))
        more = replace(first, payload=b"more")
        await history.store(page([more], seen=9, upto=10))
        found = await history.read(Span(room="lobby", limit=1), epoch="e100")
        assert found.entries == [more]

    async def test_a_cleared_store_is_an_empty_one_but_the_lease_stays(
        self, history: History, other: History
    ) -> None:
        """Whoever leads goes on from the beginning."""
        await history.lead()
        await history.store(page([entry(1), entry(2, room="attic")], seen=None, upto=2))
        await other.clear()
        assert await history.lead() == Lead(held=True, position=None)
        assert await offsets(history, Span(room="lobby", limit=20)) == []
        assert not await history.store(page([entry(3)], seen=2, upto=3))
        assert await history.store(page([entry(1)], seen=None, upto=1))

    async def test_epochs_are_apart(self, history: History) -> None:
        """A recreated stream has the same offsets again."""
        await history.lead()
        await history.store(page([entry(n) for n in range(1, 6)], seen=None, upto=5))
        new = Page(entries=[entry(1)], seen=Position("e100", 5), upto=Position("e200", 1))
        await history.store(new)
        span = Span(room="lobby", limit=20)
        assert await offsets(history, span, epoch="e200") == [1]
        await history.forget("e100")
        assert await offsets(history, span, epoch="e100") == []
        assert await offsets(history, span, epoch="e200") == [1]
