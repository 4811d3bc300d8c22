"""How often users may post, by a clock that the test turns."""

import pytest

from chat import post_rates
from chat.post_rates import PostRates
from realtime.testing import Clock


def make(clock: Clock, *, per_second: float = 4, burst: int = 3) -> PostRates:
    return PostRates(per_second=per_second, burst=burst, clock=clock)


def taken(rates: PostRates, user: str, tries: int) -> int:
    return sum(rates.take(user) == 0 for _ in range(tries))


def test_a_user_has_a_burst_and_then_so_many_per_second() -> None:
    clock = Clock()
    rates = make(clock)
    assert taken(rates, "ada", 3) == 3
    assert rates.take("ada") == 0.25
    clock.now += 0.25
    assert taken(rates, "ada", 2) == 1


def test_two_users_have_two() -> None:
    rates = make(Clock())
    assert taken(rates, "ada", 4) == 3
    assert taken(rates, "bob", 4) == 3


def test_a_full_bucket_is_forgotten_and_no_other() -> None:
    clock = Clock()
    rates = make(clock)
    taken(rates, "ada", 3)
    clock.now += 0.5
    taken(rates, "bob", 3)
    clock.now += 0.125
    rates.take("eve")
    assert len(rates) == 3, "ada's lacks a part of a post"
    clock.now += 0.125
    rates.take("eve")
    assert len(rates) == 2, "eve's and bob's are not full"
    assert taken(rates, "ada", 4) == 3


def test_who_goes_on_posting_is_not_forgotten_and_holds_nobody_else_up() -> None:
    clock = Clock()
    rates = make(clock)
    for number in range(1_000):
        rates.take("ada")
        rates.take(f"user{number}")
        clock.now += 0.125
    # Each of the others' is full again after 0.25 s.
    assert len(rates) <= 5
    assert taken(rates, "ada", 2) < 2


def test_no_more_are_remembered_than_there_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post_rates, "REMEMBERED", 10)
    rates = make(Clock())
    for number in range(10):
        assert taken(rates, f"user{number}", 4) == 3
    assert taken(rates, "user0", 1) == 0, "all ten are remembered"
    rates.take("one more")
    assert len(rates) == 10
    assert taken(rates, "user1", 4) == 3, "who was quiet for longest is forgotten"
    assert taken(rates, "user0", 1) == 0
