import copy
import tomllib
from pathlib import Path
from typing import Any

import pytest

from infra.edge.rules import check, rules
from infra.edge.timeouts import PATH, TimeoutsError, load, parse

FILE: dict[str, Any] = tomllib.loads(PATH.read_text())


def changed(**values: int) -> dict[str, Any]:
    document = copy.deepcopy(FILE)
    for name, value in values.items():
        section, _, key = name.partition("__")
        document[section][key] = value
    return document


def broken(**values: int) -> list[str]:
    return [rule.name for rule in rules(parse(changed(**values))) if not rule.holds]


def test_the_file_that_is_shipped_keeps_every_rule() -> None:
    assert check(load()) == load()


@pytest.mark.parametrize(
    ("rule", "keeps", "breaks"),
    [
        (
            "heartbeat.default < field.idle",
            {"field__idle": 26, "heartbeat__default": 20},
            {"field__idle": 25, "heartbeat__default": 20},
        ),
        (
            "websocket.ping_interval < field.idle",
            {"websocket__ping_interval": 44, "field__notice": 100},
            {"websocket__ping_interval": 45, "field__notice": 100},
        ),
        ("heartbeat.longest < edge.idle", {"edge__idle": 66}, {"edge__idle": 65}),
        (
            "3 times heartbeat.default ≤ edge.idle",
            {"heartbeat__default": 25},
            {"heartbeat__default": 26},
        ),
        (
            "edge.idle ≤ 6 times heartbeat.default",
            {"edge__idle": 90},
            {"edge__idle": 91},
        ),
        (
            "websocket.ping_interval + ping_timeout ≤ field.notice",
            {"websocket__ping_timeout": 25},
            {"websocket__ping_timeout": 26},
        ),
        ("edge.send ≤ field.notice", {"edge__send": 45}, {"edge__send": 46}),
        (
            "edge.upstream_keepalive < field.service_keepalive",
            {"edge__upstream_keepalive": 4},
            {"edge__upstream_keepalive": 5},
        ),
        ("edge.connect < edge.response", {"edge__connect": 29}, {"edge__connect": 30}),
        ("edge.response < edge.idle", {"edge__response": 74}, {"edge__response": 75}),
        (
            "retry.shortest_ms < retry.longest_ms",
            {"retry__shortest_ms": 4999},
            {"retry__shortest_ms": 5000},
        ),
        (
            "drain.pre_stop + window + margin ≤ drain.grace",
            {"drain__grace": 90},
            {"drain__grace": 89},
        ),
        ("drain.window ≤ drain.edge_shutdown", {"drain__window": 60}, {"drain__edge_shutdown": 59}),
        (
            "ready period times failures ≤ drain.pre_stop",
            {"probe__ready_failures": 2},
            {"probe__ready_failures": 3},
        ),
        (
            "ready period times failures < live period times failures",
            {"probe__live_failures": 2},
            {"probe__live_failures": 1},
        ),
        (
            "live period times failures ≤ startup period times failures",
            {"probe__startup_failures": 30},
            {"probe__startup_failures": 29},
        ),
        (
            "limits.connections_per_address ≤ limits.request_burst",
            {"limits__connections_per_address": 500},
            {"limits__connections_per_address": 501},
        ),
        (
            "limits.upstream_connections > 10 times 1024",
            {"limits__upstream_connections": 10241},
            {"limits__upstream_connections": 10240},
        ),
        ("shortest age > drain.grace", {"age__connection": 113}, {"age__connection": 112}),
        ("shortest age > 4 times edge.idle", {"age__connection": 376}, {"age__connection": 375}),
    ],
)
def test_a_rule_holds_up_to_its_limit_and_not_beyond(
    rule: str, keeps: dict[str, int], breaks: dict[str, int]
) -> None:
    assert rule not in broken(**keeps)
    assert rule in broken(**breaks)


def test_every_rule_has_a_test_of_both_sides() -> None:
    (marks,) = test_a_rule_holds_up_to_its_limit_and_not_beyond.pytestmark  # type: ignore[attr-defined]
    assert [rule.name for rule in rules(load())] == [case[0] for case in marks.args[1]]


def test_each_broken_rule_is_one_line_with_its_reason() -> None:
    with pytest.raises(TimeoutsError) as refused:
        check(parse(changed(edge__send=46, drain__grace=1)))
    assert [line.split(":")[0] for line in refused.value.lines] == [
        "edge.send ≤ field.notice",
        "drain.pre_stop + window + margin ≤ drain.grace",
    ]


@pytest.mark.parametrize("value", [0, -1, 1.5, "15", True, None, [15]])
def test_a_value_that_is_no_whole_positive_number_is_refused(value: object) -> None:
    document = copy.deepcopy(FILE)
    document["edge"]["idle"] = value
    with pytest.raises(TimeoutsError, match=r"edge\.idle: .* is not a whole positive number"):
        parse(document)


def test_names_that_are_missing_or_unknown_are_refused() -> None:
    document = copy.deepcopy(FILE)
    document["edge"]["idel"] = document["edge"].pop("idle")
    with pytest.raises(TimeoutsError, match="edge: missing or unknown: idel, idle"):
        parse(document)
    with pytest.raises(TimeoutsError, match="missing or unknown: extra"):
        parse({**FILE, "extra": {}})
    with pytest.raises(TimeoutsError, match="edge: 5 is not"):
        parse({**FILE, "edge": 5})


def test_a_file_that_is_no_toml_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "timeouts.toml").write_text("[edge\n")
    for name in ("timeouts.toml", "absent.toml"):
        with pytest.raises(TimeoutsError, match=name) as refused:
            load(tmp_path / name)
        assert len(refused.value.lines) == 1
