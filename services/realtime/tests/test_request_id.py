import pytest
from starlette.datastructures import Headers

from realtime.request_id import HEADER, carried, current, request_id


def test_it_is_what_the_edge_says() -> None:
    assert request_id(Headers({HEADER: "4bf92f3577b34da6"})) == "4bf92f3577b34da6"


@pytest.mark.parametrize("given", ["", "a b", "a\r\nNats-Msg-Id: x", "x" * 65, "é"])
def test_what_is_no_token_is_none(given: str) -> None:
    raw = [(HEADER.lower().encode(), given.encode("latin-1", "replace"))]
    assert request_id(Headers(raw=raw)) == ""


def test_without_one_nothing_is_carried() -> None:
    assert request_id(Headers({})) == ""
    assert carried() == {}
    token = current.set("abc")
    assert carried() == {HEADER: "abc"}
    current.reset(token)
