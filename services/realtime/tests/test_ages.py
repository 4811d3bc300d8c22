from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from realtime.ages import JITTER, TURNS, Ages


@given(age=st.floats(0.5, 100_000), chance=st.floats(0, 1), turns_before=st.integers(0, 600))
def test_everybody_goes_within_the_jitter_of_the_age(
    age: float, chance: float, turns_before: int
) -> None:
    ages = Ages(timedelta(seconds=age), uniform=lambda low, high: low + (high - low) * chance)
    for _ in range(turns_before):
        ages.advance()
    place = ages.place()
    turns = 1
    while ages.advance() != place:
        turns += 1
    # It came at any time of one turn, and goes at any time of another.
    exact = age * 1e-6 + 1e-5
    assert (turns - 1) * ages.turn >= age * (1 - JITTER) - ages.turn - exact
    assert (turns + 1) * ages.turn <= age * (1 + JITTER) + exact


def test_places_are_integers_that_cpython_shares() -> None:
    assert TURNS <= 257
    ages = Ages(timedelta(seconds=1_800))
    assert len({ages.place() for _ in range(2_000)}) > 50
    assert all(0 <= ages.place() < TURNS for _ in range(2_000))
