"""What a client says when it connects."""

from typing import Any

import pytest

from chat.handshake import read_handshake
from chat.protocol import SUBPROTOCOL


def scope(**values: Any) -> dict[str, Any]:
    return {"type": "websocket", "headers": [], "query_string": b"", **values}


def test_name_and_session_come_from_the_query() -> None:
    query = b"name=Zo%C3%AB&session=abc&name=other&x=1"
    handshake = read_handshake(scope(query_string=query, client=("10.0.0.1", 7)), origins=())
    assert (handshake.name, handshake.session) == ("Zoë", "abc")
    assert handshake.ip == "10.0.0.1"


@pytest.mark.parametrize("query", [b"%", b"\xff", b"&" * 500, b"=", b"a=%ff", b"a&" * 100])
def test_a_query_that_cannot_be_read_said_nothing(query: bytes) -> None:
    handshake = read_handshake(scope(query_string=query), origins=())
    assert handshake.name == ""


@pytest.mark.parametrize(
    ("offered", "speaks", "chosen"),
    [
        ([], True, None),
        ([SUBPROTOCOL], True, SUBPROTOCOL),
        (["other", SUBPROTOCOL], True, SUBPROTOCOL),
        (["other"], False, None),
        ([SUBPROTOCOL.upper()], False, None),
    ],
)
def test_no_subprotocol_or_ours(offered: list[str], chosen: str | None, *, speaks: bool) -> None:
    handshake = read_handshake(scope(subprotocols=offered), origins=())
    assert (handshake.speaks, handshake.subprotocol) == (speaks, chosen)
