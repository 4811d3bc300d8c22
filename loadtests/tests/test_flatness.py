import random

import pytest

from infra.repository import ROOT
from soak.flatness import Allowance, Growth, NothingSeenError, allowances, growth_of

FEW = Allowance(more=8.0)
FILE = ROOT / "loadtests" / "thresholds.toml"


def _growth(values: list[float], allowance: Allowance = FEW) -> Growth:
    return growth_of("tasks", "feed", list(enumerate(values)), allowance)


def _noisy(slope: float) -> list[float]:
    source = random.Random(11)  # noqa: S311 - no secret
    return [100 + slope * n + source.gauss(0, 3) for n in range(200)]


def test_what_goes_up_and_down_is_flat() -> None:
    assert not _growth(_noisy(0)).grew


def test_a_leak_below_the_noise_of_one_look_is_seen() -> None:
    growth = _growth(_noisy(0.15))
    assert growth.grew
    assert growth.growth.value == pytest.approx(0.15 * 0.6 * 200, rel=0.2)
    assert "tasks of feed: +" in str(growth)


def test_what_fills_while_it_is_warm_is_no_growth() -> None:
    assert not _growth([min(50.0, 2.0 * n) for n in range(100)]).grew


def test_a_share_of_what_there_is_may_be_added() -> None:
    values = [1000 + 0.5 * n for n in range(100)]
    assert _growth(values).grew
    assert not _growth(values, Allowance(more=8.0, share=0.05)).grew


def test_too_few_looks_say_nothing() -> None:
    with pytest.raises(NothingSeenError):
        _growth([1.0, 2.0, 3.0])
    with pytest.raises(NothingSeenError):
        _growth([])


@pytest.mark.parametrize("what", ["memory", "files", "tasks", "subscriptions", "keys"])
def test_the_file_allows_each_gauge_something(what: str) -> None:
    assert allowances(FILE).of(what, "feed").more > 0


def test_a_server_may_have_an_allowance_of_its_own() -> None:
    found = allowances(FILE)
    assert found.of("memory", "nats").more > found.of("memory", "feed").more
    assert found.of("tasks", "nats") == found.of("tasks", "feed")
