from itertools import pairwise
from statistics import fmean, stdev

from producer.sources.chance import Chance


def test_a_draw_depends_on_seed_label_and_index_alone() -> None:
    first, again = Chance(7), Chance(7)
    first.uniform("other", 3)

    assert first.uniform("noise", 5) == again.uniform("noise", 5)
    draws = {
        Chance(7).uniform("noise", 5),
        Chance(8).uniform("noise", 5),
        Chance(7).uniform("noises", 5),
        Chance(7).uniform("noise", 6),
    }
    assert len(draws) == 4


def test_draws_are_pinned() -> None:
    """A change of the method would change every simulation with a given seed."""
    assert round(Chance(7).uniform("noise", 5), 12) == 0.867725928047
    assert round(Chance(7).normal("noise", 5), 9) == 1.115705667


def test_draws_are_uniform_and_normal() -> None:
    chance = Chance(1)
    uniform = [chance.uniform("u", index) for index in range(4_000)]
    normal = [chance.normal("n", index) for index in range(4_000)]

    assert 0 < min(uniform) < 0.01
    assert 0.99 < max(uniform) < 1
    assert abs(fmean(normal)) < 0.05
    assert abs(stdev(normal) - 1) < 0.05


def test_a_drift_is_the_same_whichever_way_it_is_walked() -> None:
    times = [1_795_343_351.0 + 3.7 * step for step in range(50)]
    forward = Chance(7).drift("warmth", step=10, memory=600)
    backward = Chance(7).drift("warmth", step=10, memory=600)

    assert [forward(time) for time in times] == [backward(time) for time in times[::-1]][::-1]


def test_a_drift_moves_slowly_about_zero_with_deviation_one() -> None:
    drift = Chance(7).drift("warmth", step=10, memory=60)
    levels = [drift(step * 10.0) for step in range(3_000)]
    steps = [later - earlier for earlier, later in pairwise(levels)]

    assert abs(fmean(levels)) < 0.2
    assert 0.8 < stdev(levels) < 1.2
    # AR(1): the deviation of a step is sqrt(2 - 2 * exp(-step / memory)), here 0.55.
    assert 0.5 < stdev(steps) < 0.6
