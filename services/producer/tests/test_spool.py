import asyncio
from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from producer.spool import Entry, Spool


def entry(number: int, subject: str = "sensors.a.b") -> Entry:
    return Entry("test", f"test:boot:{number}", subject, b"[]")


def make(capacity: int = 100, roomy_below: int = 10) -> Spool:
    return Spool(capacity=capacity, roomy_below=roomy_below)


async def test_a_sensor_has_one_reading_in_flight_at_a_time() -> None:
    spool = make()
    older, newer = entry(1), entry(2)
    spool.put(older)
    spool.put(newer)
    assert await spool.take() is older
    taking = asyncio.ensure_future(spool.take())
    await asyncio.sleep(0)
    assert not taking.done()

    spool.done(older)

    assert await taking is newer


async def test_sensors_do_not_wait_for_each_other() -> None:
    spool = make()
    entries = [entry(number, f"sensors.a.{number}") for number in range(3)]
    for one in entries:
        spool.put(one)

    assert [await spool.take() for _ in entries] == entries
    assert spool.in_flight == 3
    assert len(spool) == 0


async def test_a_full_spool_drops_the_oldest_of_all_sensors() -> None:
    spool = make(capacity=2)
    entries = [entry(number, f"sensors.a.{number % 2}") for number in range(4)]

    dropped = [spool.put(one) for one in entries]

    assert dropped == [None, None, entries[0], entries[1]]
    assert len(spool) == 2
    assert [await spool.take() for _ in range(2)] == entries[2:]


async def test_what_is_in_flight_is_neither_counted_nor_dropped() -> None:
    spool = make(capacity=1)
    flying = entry(1)
    spool.put(flying)
    assert await spool.take() is flying

    assert spool.put(entry(2)) is None
    assert spool.put(entry(3)) is not flying
    assert len(spool) == 1


async def test_a_lane_whose_readings_were_all_dropped_is_passed_over() -> None:
    spool = make(capacity=1)
    spool.put(entry(1, "sensors.a.gone"))
    kept = entry(2, "sensors.a.kept")
    spool.put(kept)

    assert await spool.take() is kept

    spool.done(kept)
    back = entry(3, "sensors.a.gone")
    spool.put(back)
    assert await spool.take() is back


async def test_room_and_empty_are_waited_for() -> None:
    spool = make(roomy_below=2)
    await spool.room()
    await spool.empty()
    entries = [entry(1), entry(2)]
    for one in entries:
        spool.put(one)
    room, empty = asyncio.ensure_future(spool.room()), asyncio.ensure_future(spool.empty())
    await asyncio.sleep(0)
    assert not room.done()

    spool.done(await spool.take())
    await room
    assert not empty.done()
    spool.done(await spool.take())

    await empty


@given(st.lists(st.integers(min_value=0, max_value=3) | st.sampled_from(["take", "done"])))
def test_whatever_happens_each_sensor_keeps_its_order_and_nothing_is_lost_but_drops(
    steps: list[int | str],
) -> None:
    """A number puts a reading of that sensor; entries are taken and done at any moment."""
    asyncio.run(_walk(steps))


async def _walk(steps: list[int | str]) -> None:
    spool = make(capacity=3)
    put: list[Entry] = []
    dropped: list[Entry] = []
    flying: list[Entry] = []
    sent: dict[str, list[Entry]] = defaultdict(list)
    for number, step in enumerate(steps):
        if isinstance(step, int):
            put.append(entry(number, f"sensors.a.{step}"))
            dropped += filter(None, [spool.put(put[-1])])
        elif step == "take":
            flying += await _take_nowait(spool)
        elif flying:
            sent[flying[0].subject].append(flying[0])
            spool.done(flying.pop(0))
        assert len(spool) <= 3
        assert len({one.subject for one in flying}) == len(flying) == spool.in_flight
    await _drain(spool, flying, sent)
    for subject, entries in sent.items():
        expected = [one for one in put if one.subject == subject and one not in dropped]
        assert entries == expected
    assert len(put) == len(dropped) + sum(map(len, sent.values()))


async def _drain(spool: Spool, flying: list[Entry], sent: dict[str, list[Entry]]) -> None:
    while flying or len(spool):
        for one in flying:
            sent[one.subject].append(one)
            spool.done(one)
        flying[:] = await _take_nowait(spool)
    await spool.empty()


async def _take_nowait(spool: Spool) -> list[Entry]:
    """Take one if one may go, else none."""
    taking = asyncio.ensure_future(spool.take())
    await asyncio.sleep(0)
    if taking.done():
        return [taking.result()]
    taking.cancel()
    await asyncio.wait({taking})
    return []
