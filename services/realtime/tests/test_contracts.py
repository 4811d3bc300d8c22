import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.contracts import (
    RECORDS_MAX,
    TEXT_VALUE_MAX,
    MalformedPackError,
    Record,
    Rejection,
    encode_pack,
    encode_record,
    parse_pack,
)

SUBJECT = "sensors.bench.temperature"
ARRIVED = 1_795_343_351.5


def parse(value: Any, subject: str = SUBJECT) -> list[Record]:
    payload = value if isinstance(value, bytes) else json.dumps(value).encode()
    return parse_pack(subject, payload, arrived=ARRIVED)


def test_a_record_without_a_name_takes_it_from_the_subject() -> None:
    assert parse([{"u": "Cel", "v": 21.5}]) == [
        Record(n="bench/temperature", u="Cel", v=21.5, t=ARRIVED)
    ]


def test_base_fields_are_resolved_and_hold_until_replaced() -> None:
    pack = [
        {"bn": "bench/", "bt": 1_795_000_000, "bu": "Cel", "bv": 20, "n": "a", "v": 1, "t": -5},
        {"n": "b", "v": 2.5, "u": "K"},
        {"bn": "bench/c", "vs": "on"},
    ]
    assert parse(pack) == [
        Record(n="bench/a", u="Cel", v=21, t=1_794_999_995),
        Record(n="bench/b", u="K", v=22.5, t=1_795_000_000),
        Record(n="bench/c", u="Cel", vs="on", t=1_795_000_000),
    ]


def test_a_record_of_base_fields_alone_carries_no_reading() -> None:
    assert parse([{"bn": "bench/", "bu": "W"}, {"n": "power", "v": 3}]) == [
        Record(n="bench/power", u="W", v=3, t=ARRIVED)
    ]


def test_small_times_are_relative_to_the_arrival() -> None:
    assert parse([{"v": 1, "t": -2}])[0].t == ARRIVED - 2
    assert parse([{"v": 1, "t": 0}])[0].t == ARRIVED


def test_unknown_fields_and_units_pass() -> None:
    assert parse([{"v": 1, "u": "furlong", "x_extra": [1], "ut": 5}])[0].u == "furlong"


@pytest.mark.parametrize(
    ("pack", "reason"),
    [
        (b"", Rejection.NOT_JSON),
        (b"\xff\xfe", Rejection.NOT_JSON),
        (b'[{"x":' + b"[" * 200_000, Rejection.NOT_JSON),
        (b"[" * 200_000, Rejection.NOT_A_PACK),
        (b'[{"v":NaN}]', Rejection.NOT_JSON),
        (b'[{"v":1e999}]', Rejection.NOT_A_PACK),
        ({"v": 1}, Rejection.NOT_A_PACK),
        ([], Rejection.NOT_A_PACK),
        ([1], Rejection.NOT_A_PACK),
        ([{"v": "21"}], Rejection.NOT_A_PACK),
        ([{"n": "bench/temperature"}], Rejection.BAD_VALUE),
        ([{"v": 1, "vs": "a"}], Rejection.BAD_VALUE),
        ([{"vb": True, "vs": "a"}], Rejection.BAD_VALUE),
        ([{"vs": "x" * (TEXT_VALUE_MAX + 1)}], Rejection.BAD_VALUE),
        ([{"n": "bench/*", "v": 1}], Rejection.BAD_NAME),
        ([{"n": "bench/a b", "v": 1}], Rejection.BAD_NAME),
        ([{"n": "other/temperature", "v": 1}], Rejection.WRONG_DEVICE),
        ([{"n": "benchx/temperature", "v": 1}], Rejection.WRONG_DEVICE),
        ([{"v": 1, "u": "x" * 33}], Rejection.BAD_UNIT),
        ([{"v": 1}] * (RECORDS_MAX + 1), Rejection.TOO_MANY_RECORDS),
        # RFC 8428, section 4.4: what must be understood, and versions after this one.
        ([{"v": 1, "must_": 1}], Rejection.NOT_UNDERSTOOD),
        (b'[{"v":1,"must\\u005f":1}]', Rejection.NOT_UNDERSTOOD),
        ([{"v": 1}, {"v": 1, "_": None}], Rejection.NOT_UNDERSTOOD),
        ([{"v": 1, "bver": 11}], Rejection.NOT_UNDERSTOOD),
        (b'[{"v":1,"\xff_":1}]', Rejection.NOT_JSON),
    ],
)
def test_what_is_wrong_is_named(pack: Any, reason: Rejection) -> None:
    with pytest.raises(MalformedPackError) as caught:
        parse(pack)
    assert caught.value.reason is reason


def test_limits_hold_on_their_inner_side() -> None:
    assert len(parse([{"v": 1}] * RECORDS_MAX)) == RECORDS_MAX
    assert parse([{"v": 1, "bver": 10, "_x": 1, "x": "y_"}])[0].v == 1
    assert parse([{"vs": "x" * TEXT_VALUE_MAX}])[0].vs == "x" * TEXT_VALUE_MAX


def test_a_subject_that_is_no_sensor_is_rejected() -> None:
    with pytest.raises(MalformedPackError) as caught:
        parse([{"v": 1}], subject="sensors.bench")
    assert caught.value.reason is Rejection.BAD_NAME


@given(st.binary(max_size=300))
def test_bytes_are_either_a_pack_or_a_named_error(payload: bytes) -> None:
    try:
        records = parse_pack(SUBJECT, payload, arrived=ARRIVED)
    except MalformedPackError:
        return
    assert all(isinstance(record, Record) for record in records)


_record = st.fixed_dictionaries(
    {},
    optional={
        "n": st.sampled_from(["bench/a", "a", "", "x/y", "bench/ü"]),
        "bn": st.sampled_from(["bench/", "bench", "", "other/"]),
        "v": st.floats(allow_nan=False, allow_infinity=False),
        "vs": st.text(max_size=20),
        "vb": st.booleans(),
        "bv": st.floats(min_value=-1e300, max_value=1e300),
        "t": st.floats(min_value=-1e12, max_value=1e12),
        "bt": st.floats(min_value=-1e12, max_value=1e12),
        "u": st.text(max_size=40),
    },
)


@given(st.lists(_record, max_size=6))
def test_what_is_resolved_is_valid_by_itself(pack: list[dict[str, Any]]) -> None:
    try:
        records = parse(pack)
    except MalformedPackError:
        return
    # Times below 2**28 read as relative once more; all others survive being encoded and read again.
    absolute = [record for record in records if record.t >= 2**28]
    for record in absolute:
        subject = "sensors." + record.n.replace("/", ".")
        assert parse_pack(subject, encode_pack([record]), arrived=ARRIVED) == [record]
        assert b"\n" not in encode_record(record)
        assert record.v is None or math.isfinite(record.v)
