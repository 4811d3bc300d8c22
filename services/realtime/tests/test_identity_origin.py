"""Which pages may act here, with every trick that an ``Origin`` can be."""

import pytest
from starlette.datastructures import Headers

from realtime.identity.origin import cookie_allowed, origin_allowed


def headers(**values: str) -> Headers:
    return Headers(raw=[(name.encode(), value.encode()) for name, value in values.items()])


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
        ("http://chat.example?", "chat.example", False),
        ("http://chat.example#", "chat.example", False),
        ("http://chat.example:", "chat.example", False),
        ("http://chat.example:0", "chat.example", False),
        ("http://chat.ex\tample", "chat.example", False),
        (" http://chat.example", "chat.example", False),
        ("http://chat.example", "chat.example/path", False),
        ("http://chat.example", "evil@chat.example", False),
        ("http://[::1", "[::1", False),
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


def test_a_cookie_needs_an_origin_or_the_browsers_word_for_it() -> None:
    assert cookie_allowed(headers(origin="https://chat.example", host="chat.example"), ())
    assert cookie_allowed(Headers({"sec-fetch-site": "same-origin", "host": "x"}), ())
    for site in ("same-site", "cross-site", "none", "same-origin,same-origin", ""):
        assert not cookie_allowed(Headers({"sec-fetch-site": site, "host": "x"}), ())
    assert not cookie_allowed(headers(host="chat.example"), ())
    forged = Headers({"origin": "https://evil.example", "sec-fetch-site": "same-origin"})
    assert not cookie_allowed(forged, ())
