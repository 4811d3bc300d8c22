"""The checker finds every class of broken promise in a ledger that was made bad on purpose."""

import pytest

from realtime.position import Position
from systemtests.checker import judge_client, judge_history, judge_order
from systemtests.verdict import Acknowledged, Fact, Key, Saw, Sent, Stood, Told, Verdict

EPOCH = "e1e1"
GOOD = (1, 2, 3, 4, 5)


def key(number: int) -> Key:
    return Key("bench/a", number)


def sent(count: int = 5, *, unacknowledged: tuple[int, ...] = ()) -> Sent:
    """Number n was stored at offset n + 10, at second n."""
    acknowledged = {
        key(n): Acknowledged(offset=n + 10, at=float(n))
        for n in range(1, count + 1)
        if n not in unacknowledged
    }
    return Sent(tried={"bench/a": count}, acknowledged=acknowledged)


def began(offset: int = 10) -> Saw:
    return Saw(keys=(), position=Position(EPOCH, offset), at=0.0)


def saw(
    *numbers: int, offset: int | None = None, at: float | None = None, epoch: str = EPOCH
) -> Saw:
    last = numbers[-1] + 10 if offset is None else offset
    moment = float(numbers[-1]) if at is None else at
    return Saw(keys=tuple(map(key, numbers)), position=Position(epoch, last), at=moment)


def broken(verdict: Verdict) -> dict[str, int]:
    return {name: count for name, count in verdict.classes().items() if count}


def test_a_good_ledger_is_clean_however_the_readings_share_events() -> None:
    assert judge_client(sent(), [began(), saw(1, 2), saw(3), saw(4, 5)]).clean


def test_who_came_later_misses_nothing_of_before() -> None:
    assert judge_client(sent(), [began(12), saw(3), saw(4, 5)]).clean


def test_what_was_not_acknowledged_may_be_there_or_not() -> None:
    unsure = sent(unacknowledged=(3,))
    assert judge_client(unsure, [began(), saw(1, 2), saw(3), saw(4, 5)]).clean
    assert judge_client(unsure, [began(), saw(1, 2), saw(4, 5)], contiguous=False).clean


def without(number: int) -> list[Fact]:
    return [began(), *(saw(n) for n in GOOD if n != number)]


@pytest.mark.parametrize("number", GOOD)
def test_a_lost_reading_is_found_wherever_it_was(number: int) -> None:
    verdict = judge_client(sent(), without(number), contiguous=False)
    assert (verdict.lost, broken(verdict)) == ([key(number)], {"lost": 1})


def test_losses_of_a_client_that_saw_nothing_are_found() -> None:
    assert judge_client(sent(), [began()]).lost == [key(n) for n in GOOD]
    assert judge_client(sent(), []).lost == [key(n) for n in GOOD]


SEEDED: dict[str, list[Fact]] = {
    "duplicate": [began(), saw(1), saw(2), saw(2), saw(3, 4, 5)],
    "reordered": [began(), saw(1), saw(3, 2, offset=13), saw(4, 5)],
    "phantom": [began(), saw(1), saw(2), saw(99, offset=12), saw(3, 4, 5)],
    "undetected_gap": [began(), saw(1), saw(2), saw(3, offset=20), saw(4, 5, offset=22)],
    "lost": [began(), saw(1), saw(2), saw(4, 5, offset=14)],
}


@pytest.mark.parametrize("name", SEEDED)
def test_each_class_is_found_and_taken_for_no_other(name: str) -> None:
    assert broken(judge_client(sent(), SEEDED[name])) == {name: 1}


def test_one_that_is_repeated_over_a_reconnect_within_one_event_is_a_duplicate() -> None:
    verdict = judge_client(sent(), [began(), saw(1, 2, 3), saw(3, 4, 5)])
    assert verdict.duplicate == [key(3)]


def test_a_change_of_epoch_without_a_word_is_an_undetected_gap() -> None:
    facts = [began(), saw(1, 2, 3), saw(4, 5, offset=2, epoch="e2e2")]
    assert broken(judge_client(sent(), facts)) == {"undetected_gap": 1}


def test_a_position_that_goes_back_is_out_of_order() -> None:
    verdict = judge_client(sent(), [began(), saw(1, 2, 3), began(11), saw(4, 5, offset=13)])
    assert verdict.reordered


def test_a_told_loss_excuses_what_is_missing_there_and_nothing_else() -> None:
    told = Told(at=3.0, reason="evicted")
    assert judge_client(sent(), [began(), saw(1), told, saw(4), saw(5)]).clean
    assert judge_client(sent(), [began(), saw(1), saw(2), told]).clean
    later = judge_client(sent(), [began(), saw(1), told, saw(3), saw(5)], contiguous=False)
    assert later.lost == [key(4)]
    assert later.told == 1
    earlier = judge_client(sent(), [began(), saw(1), saw(3), told, saw(5)], contiguous=False)
    assert earlier.lost == [key(2)]


def test_a_told_loss_begins_another_log_where_a_reading_may_stand_again() -> None:
    told = Told(at=3.0, reason="epoch")
    again = saw(3, 4, 5, offset=3, epoch="e2e2")
    assert judge_client(sent(), [began(), saw(1, 2, 3), told, again]).clean
    twice = judge_client(sent(), [began(), saw(1, 2, 3), told, again, again])
    assert twice.duplicate == [key(3), key(4), key(5)]


def test_offsets_of_malformed_readings_are_no_gap() -> None:
    facts = [began(), saw(1, 2), saw(3, offset=14)]
    acknowledged = {key(n): Acknowledged(offset=o, at=0) for n, o in ((1, 11), (2, 12), (3, 14))}
    known = Sent(tried={"bench/a": 3}, acknowledged=acknowledged, others=frozenset({13}))
    assert judge_client(known, facts).clean
    unknown = Sent(tried={"bench/a": 3}, acknowledged=acknowledged)
    assert broken(judge_client(unknown, facts)) == {"undetected_gap": 1}


def test_staleness_is_the_longest_way_of_an_acknowledged_reading() -> None:
    verdict = judge_client(sent(), [began(), saw(1), saw(2, at=31.5), saw(3, 4, 5, at=32.0)])
    assert verdict.stale_seconds == 29.5


def test_silence_counts_only_while_the_client_says_that_it_is_live() -> None:
    told: list[Fact] = [began(), Stood(at=1, live=True), saw(1, at=3), Stood(at=5, live=False)]
    assert judge_client(sent(1), [*told, Stood(at=60, live=True)]).silent_seconds == 2
    silent = judge_client(sent(1), [began(), Stood(at=1, live=True), saw(1, at=2)], until=42.0)
    assert silent.silent_seconds == 40


def test_two_orders_of_one_room_are_found() -> None:
    one: list[Fact] = [saw(1, offset=1), saw(2, offset=2)]
    assert not judge_order([one, one])
    other: list[Fact] = [saw(2, offset=1), saw(1, offset=2)]
    assert judge_order([one, other])


def test_a_history_is_held_against_what_was_acknowledged() -> None:
    def kept(*numbers: int) -> list[tuple[Key, Position]]:
        return [(key(n), Position(EPOCH, n)) for n in numbers]

    assert judge_history(sent(3), kept(1, 2, 3)).clean
    assert broken(judge_history(sent(3), kept(1, 3))) == {"lost": 1}
    assert broken(judge_history(sent(3), kept(1, 2, 9, 3))) == {"phantom": 1, "reordered": 1}
    assert broken(judge_history(sent(3), [*kept(1, 2, 3), (key(3), Position(EPOCH, 4))])) == {
        "duplicate": 1
    }
