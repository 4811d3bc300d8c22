"""Keys from a file and from an address, as they change and fail."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from realtime.health import Health
from realtime.identity import key_source
from realtime.identity.errors import IdentityUnavailableError
from realtime.identity.issuing import key_set, make_key
from realtime.identity.key_source import KeySource, check_place
from realtime.testing import wait_until

SOON = timedelta(milliseconds=20)


class KeyServer(ThreadingHTTPServer):
    """Answers every path with ``body``, or whatever ``status`` says."""

    def __init__(self) -> None:
        self.status = 200
        self.body = b""
        self.asked = 0
        super().__init__(("127.0.0.1", 0), _Answer)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/jwks.json"


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, KeyServer)
        server.asked += 1
        self.send_response(server.status)
        if server.status == 302:
            self.send_header("Location", server.url + "?again")
        self.end_headers()
        self.wfile.write(server.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[KeyServer]:
    with KeyServer() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@asynccontextmanager
async def source_of(
    place: str | Path, health: Health | None = None, refresh: timedelta = SOON
) -> AsyncIterator[KeySource]:
    source = KeySource(str(place), algorithms=["EdDSA"], refresh=refresh, health=health or Health())
    running = asyncio.create_task(source.run())
    try:
        yield source
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def keys(*kids: str) -> bytes:
    return key_set(*(make_key("EdDSA", kid=kid) for kid in kids))


def has(source: KeySource, *kids: str) -> bool:
    return source.ready and sorted(source.keys()) == sorted(kids)


async def test_a_file_is_read_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "jwks.json"
    path.write_bytes(keys("a"))
    async with source_of(path) as source:
        await wait_until(lambda: has(source, "a"))
        same = source.keys()
        path.write_bytes(keys("a", "b"))
        await wait_until(lambda: has(source, "a", "b"))
        assert source.keys() is not same


async def test_an_unchanged_set_stays_the_same_object(server: KeyServer) -> None:
    server.body = keys("a")
    async with source_of(server.url) as source:
        await wait_until(lambda: has(source, "a"))
        same, asked = source.keys(), server.asked
        await wait_until(lambda: server.asked > asked + 1)
        assert source.keys() is same


async def test_without_keys_nobody_can_be_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_source, "RETRY", SOON)
    health = Health()
    path = tmp_path / "jwks.json"
    async with source_of(path, health) as source:
        await wait_until(lambda: "keys" in health.degraded)
        with pytest.raises(IdentityUnavailableError):
            source.keys()
        path.write_bytes(keys("a"))
        await wait_until(lambda: has(source, "a"))
        assert "keys" not in health.degraded


@pytest.mark.parametrize("fault", ["status", "redirect", "text", "long", "empty"])
async def test_a_set_that_cannot_be_read_leaves_the_last_one(
    server: KeyServer, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(key_source, "RETRY", SOON)
    monkeypatch.setattr(key_source, "BYTES_MAX", 10_000)
    health = Health()
    server.body = keys("a")
    async with source_of(server.url, health) as source:
        await wait_until(lambda: has(source, "a"))
        if fault == "status":
            server.status = 500
        elif fault == "redirect":
            server.status = 302
        else:
            server.body = {"text": b"<html>", "long": b" " * 10_001, "empty": b'{"keys":[]}'}[fault]
        await wait_until(lambda: "keys" in health.degraded)
        assert has(source, "a")
        server.status, server.body = 200, keys("b")
        await wait_until(lambda: has(source, "b"))
        assert "keys" not in health.degraded


async def test_an_unknown_key_asks_for_the_set_early_but_not_each_time(
    server: KeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_source, "PAUSE", SOON)
    server.body = keys("a")
    async with source_of(server.url, refresh=timedelta(hours=1)) as source:
        await wait_until(lambda: has(source, "a"))
        server.body = keys("b")
        for _ in range(1_000):
            source.want()
        await wait_until(lambda: has(source, "b"))
        assert server.asked <= 3


@pytest.mark.parametrize(
    "place", ["https://id.example/jwks.json", "http://127.0.0.1:1/x", "http://localhost/x", "a/b"]
)
def test_a_safe_place_is_taken(place: str) -> None:
    assert check_place(place) == place


@pytest.mark.parametrize(
    "place",
    [
        "http://id.example/jwks.json",
        "http://127.0.0.1.evil.example/",
        "http://evil.example[::1]/",
        "http://127.0.0.1:1:2/",
        "http://[\n::1]/",
        " https://id.example/jwks.json",
        "\x01https://id.example/jwks.json",
        "https://",
        "https://user:secret@id.example/",
        "file:///etc/passwd",
        "ftp://id.example/jwks.json",
    ],
)
def test_a_place_where_others_could_put_keys_is_not(place: str) -> None:
    with pytest.raises(ValueError, match="https://"):
        check_place(place)
