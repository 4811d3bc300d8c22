"""What a client says when it connects."""

from typing import Any

import pytest
from starlette.datastructures import Headers

from chat.handshake import origin_allowed, read_handshake
from chat.protocol import SUBPROTOCOL


def headers(**values: str) -> Headers:
    return Headers(raw=[(name.encode(), value.encode()) for name, value in values.items()])


def scope(**values: Any) -> dict[str, Any]:
    return {"type": "websocket", "headers": [], "query_string": b"", **values}


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        ("http://127.0.0.1:8080", "127.0.0.1:8080", True),
        ("https://chat.example", "chat.example", True),
        ("https://chat.example", "chat.example:443", True),
        ("http://chat.example:80", "chat.example", True),
        ("https://CHAT.example", "chat.example", True),
        ("http://[::1]:8080", "[::1]:8080", True),
        ("http://127.0.0.1:8081", "127.0.0.1:8080", False),
        ("http://chat.example.evil", "chat.example", False),
        ("http://evil-chat.example", "chat.example", False),
        ("http://chat.example@evil", "chat.example", False),
        ("http://evil/chat.example", "chat.example", False),
        ("http://chat.example/", "chat.example", False),
        ("http://chat.example#x", "chat.example", False),
        ("null", "chat.example", False),
        ("", "chat.example", False),
        ("file://", "", False),
        ("http://", "", False),
        ("http://chat.example:99999", "chat.example", False),
        ("chrome-extension://abc", "abc", False),
    ],
)
def test_without_a_list_only_the_page_of_the_same_host_may_connect(
    origin: str, host: str, *, allowed: bool
) -> None:
    assert origin_allowed(headers(origin=origin, host=host), ()) is allowed


def test_the_list_is_exact_and_replaces_the_default() -> None:
    allowed = ("https://chat.example",)
    assert origin_allowed(headers(origin="https://chat.example", host="x"), allowed)
    for other in ("https://chat.example:443", "https://chat.example.evil", "null", "http://x"):
        assert not origin_allowed(headers(origin=other, host="x"), allowed)


def test_who_sends_no_origin_is_no_page_and_two_are_one_too_many() -> None:
    assert origin_allowed(headers(host="x"), ())
    twice = Headers(raw=[(b"origin", b"http://x"), (b"origin", b"http://x"), (b"host", b"x")])
    assert not origin_allowed(twice, ())


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
