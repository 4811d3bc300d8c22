import pytest

from bench.campaign import choose
from bench.contenders import CONTENDERS
from bench.errors import UnknownContenderError
from bench.plan import Measure, make_plan


def test_a_contender_brings_the_floor_of_its_wire() -> None:
    assert [c.name for c in choose(["feed"], CONTENDERS)] == ["floor-sse", "feed"]


def test_without_names_everybody_is_measured() -> None:
    assert choose([], CONTENDERS) == list(CONTENDERS)


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownContenderError, match="feed"):
        choose(["fed"], CONTENDERS)


def test_names_are_told_apart() -> None:
    names = [contender.name for contender in CONTENDERS]
    assert len(set(names)) == len(names)


def test_every_load_asks_for_the_same_work() -> None:
    loads = make_plan(quick=False).loads
    assert {load.rate * load.subscribers for load in loads} == {20_000}
    assert [load.subscribers for load in loads] == [1_000, 5_000]


def test_what_is_asked_for_changes_the_plan() -> None:
    plan = make_plan(quick=True, measures=[Measure.STORM], subscribers=[50], rounds=2)
    assert plan.measures == (Measure.STORM,)
    assert plan.loads[0].subscribers == 50
    assert plan.rounds == 2
