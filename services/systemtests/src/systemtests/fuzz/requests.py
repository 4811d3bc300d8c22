"""What a request says beside its query: its origin, its credential, its trace."""

import re
from typing import Final

from opentelemetry.sdk.trace import TracerProvider
from starlette.datastructures import Headers, QueryParams
from starlette.requests import HTTPConnection

from realtime.identity.carriers import Carrier, find_credential
from realtime.identity.errors import TokenRefusedError
from realtime.identity.origin import cookie_allowed, origin_allowed
from realtime.spans import OtelTracer
from systemtests.fuzz.target import Target, require

_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-._~%!$&'()*+,;=")
_OF_IPV6: Final = frozenset("0123456789abcdef:.")
_LISTED: Final = ("https://page.example", "http://localhost:8080")
_tracer: Final = OtelTracer(TracerProvider(shutdown_on_exit=False), share=1.0)


def take_origin(data: bytes) -> None:
    """An ``Origin`` (first line), a ``Host``, and further origins, against a plain reading."""
    origin, host, *more = (*data.split(b"\n"), b"")
    raw = [(b"host", host), (b"origin", origin), *((b"origin", one) for one in more if one)]
    headers = Headers(raw=raw)
    single = len(headers.getlist("origin")) == 1
    text, place = origin.decode("latin-1"), host.decode("latin-1")
    allowed = origin_allowed(headers, ())
    require(allowed == cookie_allowed(headers, ()), "both ask the same of an origin")
    require(not allowed or (single and _same(text, place)), "only the same host", text, place)
    browsers = single and _same(text, place) and text == text.lower() and place == place.lower()
    require(allowed or not browsers, "the page of the same host may", text, place)
    listed = origin_allowed(headers, _LISTED)
    require(listed == (single and text in _LISTED), "exactly those that are listed", text)
    bare = Headers(raw=[(b"host", host)])
    require(origin_allowed(bare, ()) and not cookie_allowed(bare, ()), "no origin, no cookie")


def _same(origin: str, host: str) -> bool:
    """Whether both are written as the standards say, and name one place."""
    for scheme, port in _PORTS.items():
        if origin.lower().startswith(scheme + "://"):
            given = _place(origin.lower().removeprefix(scheme + "://"), port)
            return given is not None and given == _place(host.lower(), port)
    return False


def _place(text: str, default: int) -> tuple[str, int] | None:
    """A host and a port; None if it is not that and nothing else."""
    name, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        name, port = text, str(default)
    digits = port.isascii() and port.isdigit() and len(port) <= 5 and int(port) < 65_536
    bracketed = name.startswith("[") and name.endswith("]") and _OF_IPV6.issuperset(name[1:-1])
    fits = _LETTERS.issuperset(name) and name != ""
    if not digits or not (fits or (bracketed and len(name) > 2)):
        return None
    return name, int(port)


def take_credential(data: bytes) -> None:
    """A query string (first line) and headers (``name: value``, a line each)."""
    query, *lines = data.split(b"\n")
    raw = [(n.strip().lower(), v.strip()) for n, _, v in (one.partition(b":") for one in lines)]
    connection = HTTPConnection(
        {"type": "http", "query_string": query, "headers": raw, "path": "/", "method": "GET"}
    )
    given = connection.headers.getlist("authorization")
    bearers = sum(one.lower().startswith("bearer ") for one in given)
    tickets = len(QueryParams(query).getlist("ticket"))
    try:
        found = find_credential(connection)
    except TokenRefusedError as error:
        require(bearers > 1 or tickets > 1, "one of a kind is taken", error)
        return
    require(bearers < 2 and tickets < 2, "several of a kind are refused", bearers, tickets)
    if found is None:
        require(bearers == tickets == 0, "what is brought is found", bearers, tickets)
        return
    wanted = Carrier.BEARER if bearers else Carrier.TICKET if tickets else Carrier.COOKIE
    require(found.carrier is wanted, "what was put there on purpose wins", found)
    require(repr(found) == f"Credential({wanted.name})", "it is never shown", found)


def take_trace(data: bytes) -> None:
    """Any ``traceparent``: a trace, or nothing."""
    parent = data.decode("utf-8", "replace")
    trace = _tracer.record("write", parent=parent, began=1.0, facts={})
    require(trace is None or re.fullmatch("[0-9a-f]{32}", trace), "a trace is 32 digits", trace)
    require(trace is None or trace in parent, "it is the one that was named", trace, parent)


TARGETS: Final = (
    Target(
        "origins",
        "only the page of the same host, or a listed one, may act; as a plain reading says",
        take_origin,
        (
            b"https://page.example\npage.example",
            b"http://localhost:8080\nlocalhost:8080",
            b"http://localhost:80\nlocalhost",
            b"http://[::1]:8080\n[::1]:8080",
            b"null\nhost",
            b"http://host@evil\nhost",
            b"http://host.evil\nhost",
            b"http://evil\\@host\nhost",
            b"http://ho\tst\nhost",
            b" http://host\nhost",
            b"http://host?\nhost",
            b"http://host#\nhost",
            b"http://host/\nhost",
            b"http://host:0\nhost",
            b"http://host:\nhost",
            b"http://host:99999\nhost",
            b"http://[::1\n[::1",
            b"https://page.example\nx\nhttps://page.example",
            "http://h\u2100st\nhost".encode(),
            b"http://host\nhost/path",
            b"\xff://\xff\n\xff",
        ),
        ("http://", "https://", "ws://", "host", "localhost", ":80", ":443", ":8080", "@", "\t"),
        256,
    ),
    Target(
        "credentials",
        "the credential that was put there on purpose is found, several are refused, none is shown",
        take_credential,
        (
            b"ticket=t\nauthorization: Bearer x.y.z\ncookie: __Host-airwave=c",
            b"ticket=t&ticket=u",
            b"\nauthorization: bearer  a \nauthorization: Bearer b",
            b"\nauthorization: Basic a\ncookie: a=b; __Host-airwave=c",
            b'\ncookie: __Host-airwave="\\054\\"\\134"',
            b"\ncookie: __Host-airwave=" + b"\\" * 3_000 + b'"',
            b"\ncookie: " + b";=" * 2_000,
            b"ticket=%FF%00\ncookie: \xff=\xff",
        ),
        ("ticket=", "&", "authorization: ", "Bearer ", "cookie: ", "__Host-airwave=", ";", "\\0"),
        8192,
    ),
    Target(
        "traces",
        "a traceparent names a trace, or nothing",
        take_trace,
        (
            b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
            b"ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            b"00-00000000000000000000000000000000-0000000000000000-01",
            b"cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what",
            b"\xff",
            b"",
        ),
        ("00-", "-01", "-", "ff", "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"),
        256,
    ),
)
