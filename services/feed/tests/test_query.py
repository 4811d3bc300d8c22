from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers, QueryParams

from feed.query import (
    PATTERNS_MAX,
    BadQueryError,
    accepts_event_stream,
    parse_filter,
    parse_readings_query,
)
from realtime.position import Position

DEFAULT = timedelta(seconds=15)


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("greenhouse-1/*", "greenhouse-1/temperature", True),
        ("greenhouse-1/*", "greenhouse-1/soil/moisture", False),
        ("greenhouse-1/>", "greenhouse-1/soil/moisture", True),
        ("greenhouse-1/>", "greenhouse-1", False),
        ("*/temperature", "greenhouse-2/temperature", True),
        ("*/temperature", "greenhouse-2/humidity", False),
        ("greenhouse-1", "greenhouse-1/temperature", False),
        (">", "a/b", True),
    ],
)
def test_patterns(pattern: str, name: str, *, expected: bool) -> None:
    assert parse_filter([pattern]).wants(name) is expected


def test_no_pattern_means_all_and_several_mean_any() -> None:
    assert parse_filter([]).wants("a/b")
    several = parse_filter(["a/*", "b/*"])
    assert several.wants("b/x")
    assert not several.wants("c/x")


def test_equal_filters_are_equal_whatever_their_order() -> None:
    assert parse_filter(["a/b", "c/d", "a/b"]) == parse_filter(["c/d", "a/b"])
    assert hash(parse_filter(["a/b", "c/d"])) == hash(parse_filter(["c/d", "a/b"]))


def test_the_number_of_patterns_is_limited() -> None:
    parse_filter([f"a/{n}" for n in range(PATTERNS_MAX)])
    with pytest.raises(BadQueryError, match="33 patterns, 32 at most"):
        parse_filter([f"a/{n}" for n in range(PATTERNS_MAX + 1)])


@given(st.text(max_size=100))
def test_a_pattern_is_taken_or_named(pattern: str) -> None:
    try:
        parse_filter([pattern]).wants("a/b")
    except BadQueryError:
        return


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=50), max_size=4))
def test_any_query_is_taken_or_named(query: dict[str, str]) -> None:
    try:
        parse_readings_query(QueryParams(query), Headers(), heartbeat=DEFAULT)
    except BadQueryError:
        return


@pytest.mark.parametrize(
    "text", ["1_0", " 10", "10 ", "\u0661\u0660", "inf", "nan", "0x10", "1e", "."]
)
def test_only_numbers_are_numbers(text: str) -> None:
    for name in ("heartbeat", "max_hz"):
        with pytest.raises(BadQueryError, match=name):
            parse_readings_query(QueryParams({name: text}), Headers(), heartbeat=DEFAULT)
    for fine in ("10", "10.0", "1e1", "+10", "10.", ".1e2"):
        query = QueryParams({"heartbeat": fine})
        parsed = parse_readings_query(query, Headers(), heartbeat=DEFAULT)
        assert parsed.heartbeat == timedelta(seconds=10)


def test_the_header_wins_over_the_query() -> None:
    query = QueryParams({"last_event_id": "abcd-1"})
    parsed = parse_readings_query(query, Headers({"Last-Event-ID": "abcd-2"}), heartbeat=DEFAULT)
    assert parsed.position == Position("abcd", 2)
    assert parsed.heartbeat == DEFAULT


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, True),
        ("*/*", True),
        ("text/event-stream", True),
        ("Text/Event-Stream; q=0.9", True),
        ("text/html, text/*;q=0.5", True),
        ("text/html", False),
        ("application/json, text/event-streams", False),
    ],
)
def test_what_a_client_accepts(accept: str | None, *, expected: bool) -> None:
    headers = Headers() if accept is None else Headers({"Accept": accept})
    assert accepts_event_stream(headers) is expected
