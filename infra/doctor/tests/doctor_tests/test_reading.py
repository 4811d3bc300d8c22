"""What comes in: addresses, durations, event streams, and who says what of himself."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctor.duration import in_words, parse_duration
from doctor.errors import BadDurationError, BadUrlError
from doctor.events import EventReader
from doctor.knobs import Proxy
from doctor.limits import resembles_idle, resembles_total
from doctor.proxy import recognise
from doctor.recording import Head
from doctor.target import parse_target

from .recordings import recording


def test_durations() -> None:
    assert parse_duration("5m") == timedelta(minutes=5)
    assert parse_duration("6") == timedelta(seconds=6)
    assert [in_words(seconds) for seconds in (0.0123, 2.04, 75)] == ["12 ms", "2.0 s", "75 s"]
    with pytest.raises(BadDurationError):
        parse_duration("soon")


def test_a_target_says_host_origin_and_kind() -> None:
    target = parse_target("wss://chat.example:8443/ws?room=a")
    assert (target.websocket, target.tls, target.port) == (True, True, 8443)
    assert target.origin == "https://chat.example:8443"
    assert parse_target("https://[::1]/x").authority == "[::1]"
    asked = parse_target("http://a/b?heartbeat=60&sensor=x").asking(heartbeat="5")
    assert asked.resource == "/b?sensor=x&heartbeat=5"


@pytest.mark.parametrize(
    "url", ["", "example.org", "ftp://a/", "http://", "http://a:b/", "http://a/ b"]
)
def test_what_is_no_address_is_told(url: str) -> None:
    with pytest.raises(BadUrlError):
        parse_target(url)


@given(st.data())
def test_events_are_the_same_in_whatever_pieces_they_come(data: st.DataObject) -> None:
    text = "\ufeffretry: 10\r\nevent: a\rid: 1\ndata: ä\ndata: b\r\n\r\n: beat\n\ndata\n\nid: 2\n\n"
    stream = text.encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    reader = EventReader()
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        reader.feed(stream[start:end], 0.0)
    assert [(one.name, one.data, one.id) for one in reader.events] == [
        ("a", "ä\nb", "1"),
        ("message", "", "1"),
    ]
    assert (reader.retry_ms, reader.comments) == (10, 1)


def test_limits_resemble_defaults_or_nobodys() -> None:
    assert "Envoy" in resembles_total(15.2)
    assert "HAProxy" in resembles_idle(50.1)
    assert "nginx" in resembles_idle(60.0)
    assert "Cloudflare" in resembles_idle(100)
    assert "nobody" in resembles_idle(2)


@pytest.mark.parametrize(
    ("headers", "body", "proxy"),
    [
        ((("server", "nginx"),), b"", Proxy.NGINX),
        ((("via", "1.1 Caddy"),), b"", Proxy.CADDY),
        ((("server", "cloudflare"), ("cf-ray", "1")), b"", Proxy.CLOUDFLARE),
        ((("server", "awselb/2.0"),), b"", Proxy.ALB),
        ((("via", "1.1 google"),), b"", Proxy.GKE),
        ((), b"<h1>400 Bad request</h1>\nYour browser sent an invalid request.", Proxy.HAPROXY),
        ((), b"upstream request timeout", Proxy.ENVOY),
        ((), b"400 Bad Request: missing required Host header", Proxy.TRAEFIK),
    ],
)
def test_a_proxy_is_recognised(
    headers: tuple[tuple[str, str], ...], body: bytes, proxy: Proxy
) -> None:
    assert recognise([recording(head=Head("1.1", 400, headers), body=body)]) == (proxy,)


def test_caddy_is_not_taken_for_traefik_though_both_are_written_in_go() -> None:
    refusal = recording(
        head=Head("1.1", 400, ()), body=b"400 Bad Request: missing required Host header"
    )
    assert recognise([refusal, recording(head=Head("1.1", 200, (("server", "Caddy"),)))]) == (
        Proxy.CADDY,
    )
