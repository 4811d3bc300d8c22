import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed.pace import Aggregate, Pace
from realtime.contracts import Record, encode_record


def reduced(aggregate: Aggregate, *records: Record) -> list[tuple[str, object, float]]:
    kept = Pace(1.0, aggregate).reduce([encode_record(record) for record in records])
    found = [json.loads(payload) for payload in kept]
    return [(r["n"], r.get("v", r.get("vs", r.get("vb"))), r.get("t", 0.0)) for r in found]


A = [Record(n="a/x", u="Cel", v=float(v), t=float(t)) for t, v in enumerate([3, 9, 1, 5], 1)]
B = Record(n="b/x", v=7.0, t=2.0)


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [
        (Aggregate.LAST, [("a/x", 5.0, 4.0), ("b/x", 7.0, 2.0)]),
        (Aggregate.MEAN, [("a/x", 4.5, 4.0), ("b/x", 7.0, 2.0)]),
        (Aggregate.MINMAX, [("a/x", 9.0, 2.0), ("a/x", 1.0, 3.0), ("b/x", 7.0, 2.0)]),
    ],
)
def test_each_aggregate(aggregate: Aggregate, expected: list[tuple[str, object, float]]) -> None:
    assert reduced(aggregate, A[0], A[1], B, A[2], A[3]) == expected


@pytest.mark.parametrize("aggregate", list(Aggregate))
def test_of_texts_and_truths_the_newest_stands_for_all(aggregate: Aggregate) -> None:
    texts = [Record(n="a/x", vs="on", t=1.0), Record(n="a/x", vs="off", t=2.0)]
    assert reduced(aggregate, *texts) == [("a/x", "off", 2.0)]


def test_equal_numbers_are_one_extreme() -> None:
    assert reduced(Aggregate.MINMAX, A[0], A[0]) == [("a/x", 3.0, 1.0)]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50))
def test_minmax_keeps_every_spike(values: list[float]) -> None:
    records = [Record(n="a/x", v=value, t=float(t)) for t, value in enumerate(values, 1)]
    kept = [value for _, value, _ in reduced(Aggregate.MINMAX, *records)]
    assert (min(values) in kept, max(values) in kept, len(kept) <= 2) == (True, True, True)


def test_a_mean_of_the_largest_numbers_is_a_number() -> None:
    large = [Record(n="a/x", v=1.5e308, t=float(t)) for t in (1, 2, 3)]
    assert reduced(Aggregate.MEAN, *large) == [("a/x", pytest.approx(1.5e308), 3.0)]


def test_the_interval_is_the_rate_turned_round() -> None:
    assert Pace(4.0, Aggregate.LAST).interval.total_seconds() == 0.25
