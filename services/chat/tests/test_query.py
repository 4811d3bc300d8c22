"""The queries over HTTP."""

import pytest
from starlette.datastructures import QueryParams

from chat.history import Span
from chat.query import BadQueryError, parse_rooms, parse_span


def parse(query: str, room: str = "lobby") -> Span:
    return parse_span(room, QueryParams(query), epoch="e100")


def test_the_default_is_the_newest_50() -> None:
    assert parse("") == Span(room="lobby", limit=50)


def test_before_and_after_are_offsets_of_the_epoch() -> None:
    assert parse("before=e100-7&limit=3") == Span(room="lobby", limit=3, before=7)
    assert parse("limit=1") == Span(room="lobby", limit=1)
    assert parse("limit=100") == Span(room="lobby", limit=100)
    assert parse("after=e100-7") == Span(room="lobby", limit=50, after=7, oldest=True)
    both = Span(room="lobby", limit=50, after=3, before=7, oldest=True)
    assert parse("after=e100-3&before=e100-7") == both


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=1.5", "limit"),
        ("limit=", "limit"),
        ("limit=" + "9" * 9000, "limit"),
        ("limit=٣", "limit"),
        ("before=7", "before"),
        ("before=", "before"),
        ("before=e200-7", "before"),
        ("after=*", "after"),
        ("after=e100-99999999999999999999", "after"),
        ("x=1", "x"),
        ("limit=1&limit=2", "limit"),
    ],
)
def test_a_bad_query_names_the_parameter(query: str, parameter: str) -> None:
    with pytest.raises(BadQueryError) as raised:
        parse(query)
    assert raised.value.parameter == parameter


@pytest.mark.parametrize("room", ["", "*", "a.b", ">", "a b", "x" * 65, "ü"])
def test_a_room_is_a_token(room: str) -> None:
    with pytest.raises(BadQueryError) as raised:
        parse("", room)
    assert raised.value.parameter == "room"


def test_rooms_are_asked_for_from_the_newest_or_after_one() -> None:
    assert parse_rooms(QueryParams(""), epoch="e100") == (None, 50)
    assert parse_rooms(QueryParams("after=e100-7&limit=100"), epoch="e100") == (7, 100)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("after=e200-7", "after"),
        ("after=7", "after"),
        ("before=e100-7", "before"),
        ("limit=1&limit=2", "limit"),
    ],
)
def test_a_bad_query_for_rooms_names_its_parameter(query: str, parameter: str) -> None:
    with pytest.raises(BadQueryError) as raised:
        parse_rooms(QueryParams(query), epoch="e100")
    assert raised.value.parameter == parameter
