"""Capacity's measuring, on real servers and small: no claim about speed."""

from pathlib import Path

import pytest

from bench.compiler import compiled
from bench.contenders.ours import Feed
from bench.cores import choose_cores
from bench.tools import Tools
from capacity.answer import answer, fitted
from capacity.campaign import SHORT, measure, sizes
from capacity.edge import Edge
from capacity.member import OneOfSeveral
from capacity.model import SERVICES, load_model
from capacity.points import Work, measure_points
from capacity.posting import measure_posts
from capacity.sizing import Demand, needs

# Server and crowd have a core each.
pytestmark = [pytest.mark.alone, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Tools:
    cache = tmp_path_factory.mktemp("compiled")
    for program in ("subscribers", "publisher"):
        compiled(program, cache)
    directory = tmp_path_factory.mktemp("capacity")
    return Tools(directory, choose_cores(), cache, Path("/nonexistent"), lambda _: None)


@pytest.mark.parametrize(
    "contender",
    [
        pytest.param(Feed(), id="feed"),
        pytest.param(OneOfSeveral(), id="chat", marks=pytest.mark.whole),
        pytest.param(Edge(), id="edge", marks=pytest.mark.whole),
    ],
)
def test_a_point_says_what_was_written_and_what_it_took(
    tools: Tools, contender: Feed | OneOfSeveral | Edge
) -> None:
    works = (Work(0), Work(20), Work(20, long=True))
    idle, short, long = measure_points(tools, contender, stages=[(10, works)], seconds=0.8)
    assert idle.writes == 0
    assert short.writes > 0
    assert short.cpu >= 0
    assert short.resident > 2**20
    assert long.bytes / long.writes > 3 * short.bytes / short.writes
    found = sizes([short, long], gzip=0.5)
    assert (found.reading > 0) is (contender.name == "feed")


def test_posts_of_members_are_acknowledged_and_delivered(tools: Tools) -> None:
    point = measure_posts(tools, members=5, seconds=1.0)
    assert point.posts > 0
    assert point.writes == pytest.approx(point.posts, rel=0.5)


@pytest.mark.whole
def test_a_model_is_measured_and_answers(tools: Tools, tmp_path: Path) -> None:
    measure(tools, SHORT, only=SERVICES, known=None).save(tmp_path / "capacity.json")
    model = load_model(tmp_path / "capacity.json")
    assert set(model.services) == {"feed", "chat", "edge"}
    assert 0 < model.sizes.gzip < 1
    demand = Demand(users=50_000, rate=10, rooms=500, posts=1)
    found = list(needs(model, demand))
    assert [need.service for need in found] == ["feed", "chat", "edge"]
    assert "tightest limit" in answer(model, demand, found)
    assert "off at a size not fitted on" in fitted(model)
