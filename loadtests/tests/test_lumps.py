from crowd.lumps import Lumps


def _arrive(lumps: Lumps, *times: float, late: float = 0.0) -> float:
    for time in times:
        lumps.event(time, time)
    return lumps.arrived(late=late)


def test_events_that_come_one_by_one_are_no_lump() -> None:
    lumps = Lumps(since=0)
    assert [_arrive(lumps, at / 10) for at in range(50)] == [0.0] * 50
    assert lumps.held == 0


def test_seconds_of_events_at_once_are_a_lump() -> None:
    lumps = Lumps(since=0)
    assert _arrive(lumps, 1.0, 2.0, 4.5) == 3.5
    assert lumps.held == 1


def test_one_event_of_several_seconds_is_a_slow_server_and_no_lump() -> None:
    lumps = Lumps(since=0)
    lumps.event(1.0, 4.0)
    assert lumps.arrived(late=0) == 0


def test_what_is_replayed_is_no_lump() -> None:
    assert _arrive(Lumps(since=10), 1.0, 5.0, 9.0) == 0


def test_a_reader_that_was_late_itself_made_the_lump() -> None:
    assert _arrive(Lumps(since=0), 1.0, 3.0, late=2.0) == 0
