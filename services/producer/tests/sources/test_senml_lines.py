import json

import pytest

from producer.sources.rows import BadRowError
from producer.sources.senml_lines import SenmlLines
from realtime.contracts import Record

T = 1_795_343_351.0


def lines() -> SenmlLines:
    return SenmlLines(device="replay-lab")


def test_a_line_is_a_record_or_a_pack() -> None:
    record = Record(n="bench/power", u="W", v=3.5, t=T)

    assert lines().parse(json.dumps({"n": "bench/power", "u": "W", "v": 3.5, "t": T})) == [record]
    assert lines().parse(json.dumps([{"n": "bench/power", "u": "W", "v": 3.5, "t": T}])) == [record]


def test_base_fields_hold_to_the_end_of_their_pack() -> None:
    parser = lines()
    pack = [
        {"bn": "bench/", "bt": T, "bu": "Cel", "bv": 20.0},
        {"n": "a", "v": 1.0, "t": -1},
        {"n": "b", "u": "%", "vb": True},
    ]

    assert parser.parse(json.dumps(pack)) == [
        Record(n="bench/a", u="Cel", v=21.0, t=T - 1),
        Record(n="bench/b", u="%", vb=True, t=T),
    ]
    with pytest.raises(BadRowError):
        parser.parse('{"n":"a","v":1}')


def test_base_fields_of_a_single_record_hold_for_those_that_follow() -> None:
    parser = lines()
    parser.parse(json.dumps({"bn": "bench/", "bt": T, "n": "a", "v": 1}))

    assert parser.parse('{"n":"b","v":2,"t":5}') == [Record(n="bench/b", v=2.0, t=T + 5)]


def test_base_fields_hold_even_if_their_record_is_no_good() -> None:
    parser = lines()
    with pytest.raises(BadRowError):
        parser.parse(json.dumps({"bn": "bench/", "bt": T, "n": "a", "v": "oops"}))

    assert parser.parse('{"n":"b","v":2}') == [Record(n="bench/b", v=2.0, t=T)]


def test_a_name_without_a_device_is_put_under_the_files() -> None:
    names = [
        lines().parse(json.dumps({"n": name, "v": 1, "t": T}))[0].n
        for name in ("power", "urn:dev:ow:10e2073a01080063")
    ]

    assert names == ["replay-lab/power", "replay-lab/urn-dev-ow-10e2073a01080063"]


def test_records_of_a_line_come_in_the_order_of_their_times() -> None:
    pack = [
        {"bn": "bench/", "bt": T, "n": "a", "v": 1, "t": 0},
        {"n": "a", "v": 2, "t": 2},
        {"n": "b", "v": 3, "t": 0},
        {"n": "b", "v": 4, "t": 2},
    ]

    assert [record.v for record in lines().parse(json.dumps(pack))] == [1, 3, 2, 4]


def test_times_that_are_relative_keep_their_intervals() -> None:
    parser = lines()

    assert [parser.parse(f'{{"n":"a/b","v":1,"t":{t}}}')[0].t for t in (-5, 0, 7.5)] == [-5, 0, 7.5]


def test_fields_that_we_do_not_know_pass() -> None:
    assert lines().parse(json.dumps({"n": "a/b", "v": 1, "t": T, "ut": 60, "x": [1]}))


@pytest.mark.parametrize("line", ["", "\n", "  \n"])
def test_an_empty_line_is_no_row(line: str) -> None:
    assert lines().parse(line) == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not_json"),
        ("[" * 100_000, "not_json"),
        ('{"n":"a/b","v":NaN,"t":1}', "not_json"),
        ("7", "not_a_pack"),
        ("[1]", "not_a_pack"),
        ('{"n":"a/b","v":"warm","t":1}', "not_a_pack"),
        ('{"bn":7,"n":"b","v":1,"t":1}', "not_a_pack"),
        ('{"bt":true,"n":"a/b","v":1}', "not_a_pack"),
        ('{"n":7,"v":1,"t":1}', "bad_name"),
        ('{"v":1,"t":1}', "bad_name"),
        ('{"n":"a/b","t":1}', "bad_value"),
        ('{"n":"a/b","v":1,"vs":"x","t":1}', "bad_value"),
        ('{"n":"a/b","v":1}', "bad_time"),
        ('{"n":"a/b","v":1,"t":1795343351242}', "bad_time"),
        ('{"n":"a/b","u":"' + "x" * 99 + '","v":1,"t":1}', "bad_unit"),
    ],
)
def test_a_bad_line_says_what_is_wrong(line: str, reason: str) -> None:
    with pytest.raises(BadRowError) as caught:
        lines().parse(line)

    assert caught.value.reason == reason
    assert len(str(caught.value)) < 400
