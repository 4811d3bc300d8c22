from pathlib import Path

import pytest
from structlog.testing import capture_logs

from producer.sources.recording import Recording
from producer.sources.replay import Replay
from producer.testing import START, ManualClock, first


def replay(
    path: Path,
    content: str,
    *,
    clock: ManualClock,
    speed: float | None = 1.0,
    loop: bool = False,
) -> Replay:
    path.write_text(content)
    return Replay(Recording(path, lambda _: None), speed=speed, loop=loop, clock=clock)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lab.csv"


CONTENT = "time,x,y\n1000,1,2\n1000.25,3,\n1007.5,4,5\n"


async def test_readings_come_at_their_intervals_dated_from_now(
    path: Path, clock: ManualClock
) -> None:
    source = replay(path, CONTENT, clock=clock)

    readings = await first(99, source.readings())

    assert [(r.n, r.v, r.t - START) for r in readings] == [
        ("replay-lab/x", 1, 0),
        ("replay-lab/y", 2, 0),
        ("replay-lab/x", 3, 0.25),
        ("replay-lab/x", 4, 7.5),
        ("replay-lab/y", 5, 7.5),
    ]
    assert clock.slept == [0.25, 7.25]


async def test_speed_divides_the_intervals(path: Path, clock: ManualClock) -> None:
    readings = await first(99, replay(path, CONTENT, clock=clock, speed=10.0).readings())

    assert [round(r.t - START, 3) for r in readings] == [0, 0, 0.025, 0.75, 0.75]
    assert sum(clock.slept) == pytest.approx(0.75)


async def test_without_a_speed_readings_come_as_fast_as_they_are_taken_and_dated_then(
    path: Path, clock: ManualClock
) -> None:
    readings = replay(path, CONTENT, clock=clock, speed=None).readings()
    dates = []
    async for reading in readings:
        dates.append(reading.t - START)
        clock.advance(1)

    assert dates == [0, 0, 2, 3, 3]
    assert clock.slept == []


async def test_a_replay_that_was_held_up_catches_up_with_the_intended_times(
    path: Path, clock: ManualClock
) -> None:
    readings = replay(path, CONTENT, clock=clock).readings()
    await anext(readings)
    clock.advance(100)

    assert [reading.t - START async for reading in readings] == [0, 0.25, 7.5, 7.5]
    assert clock.slept == []


async def test_a_loop_begins_again_at_the_last_interval(path: Path, clock: ManualClock) -> None:
    source = replay(path, "time,x\n10,1\n12,2\n15,3\n", clock=clock, loop=True)

    readings = await first(7, source.readings())

    assert [(r.v, r.t - START) for r in readings] == [
        (1, 0),
        (2, 2),
        (3, 5),
        (1, 8),
        (2, 10),
        (3, 13),
        (1, 16),
    ]


async def test_a_loop_over_a_single_time_does_not_run_wild(path: Path, clock: ManualClock) -> None:
    source = replay(path, "time,x\n10,1\n", clock=clock, loop=True)

    assert [r.t - START for r in await first(3, source.readings())] == [0, 1, 2]


async def test_a_loop_over_a_file_without_a_reading_ends(path: Path, clock: ManualClock) -> None:
    source = replay(path, "time,x\nsoon,1\n", clock=clock, loop=True)

    assert await first(1, source.readings()) == []


async def test_rows_out_of_order_are_not_waited_for(path: Path, clock: ManualClock) -> None:
    source = replay(path, "time,x\n10,1\n12,2\n11,3\n13,4\n", clock=clock)

    assert [(r.v, r.t - START) for r in await first(9, source.readings())] == [
        (1, 0),
        (2, 2),
        (3, 1),
        (4, 3),
    ]
    assert clock.slept == [2, 1]


async def test_a_long_silence_is_announced(path: Path, clock: ManualClock) -> None:
    source = replay(path, "time,x\n10,1\n100000,2\n", clock=clock)

    with capture_logs() as lines:
        await first(9, source.readings())

    assert [(line["event"], line.get("seconds")) for line in lines] == [
        ("replay_waits", 99_990),
        ("replay_ended", None),
    ]


async def test_truths_and_texts_keep_their_kind(tmp_path: Path, clock: ManualClock) -> None:
    content = '{"n":"a/b","vs":"open","t":5}\n{"n":"a/c","vb":false,"t":5}\n'
    source = replay(tmp_path / "lab.jsonl", content, clock=clock)

    assert [(r.n, r.vs, r.vb) for r in await first(9, source.readings())] == [
        ("a/b", "open", None),
        ("a/c", None, False),
    ]
