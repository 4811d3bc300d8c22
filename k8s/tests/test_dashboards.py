"""Dashboards: rendered from their code, of metrics that exist, handed to Grafana in a cluster."""

import json
import re
from collections.abc import Callable
from typing import Any

from infra.watch.boards import render
from infra.watch.rules import rules
from manifests.objects import Object, named

RECORDED = re.compile(r"namespace:\w+:\w+")


def panels() -> list[tuple[str, dict[str, Any]]]:
    return [
        (path.name, panel)
        for path in sorted(render.DASHBOARDS.glob("*.json"))
        for panel in json.loads(path.read_text())["panels"]
        if panel["type"] != "row"
    ]


def expressions() -> list[str]:
    return [target["expr"] for _, panel in panels() for target in panel["targets"]]


def test_the_files_are_as_they_would_be_rendered_now() -> None:
    assert render.stale() == [], "make render-dashboards"
    assert {path for path, _ in render.rendered()} == set(render.DASHBOARDS.glob("*.json"))


def test_what_panels_take_from_recorded_series_is_recorded() -> None:
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    named_here = {name for text in expressions() for name in RECORDED.findall(text)}
    assert named_here
    assert named_here <= recorded


def test_every_panel_says_what_it_shows() -> None:
    for where, panel in panels():
        assert panel["description"].endswith("."), (where, panel["title"])


def test_panels_of_a_board_neither_overlap_nor_stand_out() -> None:
    for path in render.DASHBOARDS.glob("*.json"):
        board = json.loads(path.read_text())
        taken: set[tuple[int, int]] = set()
        for panel in board["panels"]:
            at = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(at["x"], at["x"] + at["w"])
                for y in range(at["y"], at["y"] + at["h"])
            }
            assert at["x"] + at["w"] <= 24
            assert not cells & taken, (path.name, panel["title"])
            taken |= cells
        numbers = [panel["id"] for panel in board["panels"]]
        assert len(numbers) == len(set(numbers))


def test_every_selector_goes_by_the_namespace_that_was_chosen() -> None:
    for text in expressions():
        for inside in re.findall(r"\{(.*?)\}", text):
            assert '$namespace"' in inside or "alertname" in inside, text


def test_a_cluster_hands_them_to_grafana(rendered: Callable[[str], list[Object]]) -> None:
    found = named(rendered("tests/monitoring"), "ConfigMap", "airwave-dashboards")
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert found["data"] == {path.name: text for path, text in render.rendered()}
