"""``make up TLS=1`` from end to end, where feed and chat ask for tokens: the page by a cookie."""

import asyncio
import json
import os
import socket
import subprocess
from collections.abc import Iterator
from typing import Any

import httpx2
import nats
import pytest
import redis.asyncio as redis
from playwright.async_api import expect
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from infra.repository import ROOT
from realtime.identity.carriers import COOKIE
from realtime.testing import Issuer
from realtime.testing.issuer import ISSUER
from systemtests.browser import open_tab, running_browser
from systemtests.local_run import LocalRun, local_run
from systemtests.page_ledger import check_unbroken
from systemtests.room_page import expect_texts, say, wait_in
from systemtests.secure import command_lines, sensors_of, trusting

pytestmark = pytest.mark.timeout(300)

SCOPE = "sensors:> rooms:*"


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    return Issuer(tmp_path_factory.mktemp("issuer"))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, issuer: Issuer) -> Iterator[LocalRun]:
    """The Valkey of the wheel speaks no TLS, so one that does comes first on PATH."""
    found = subprocess.run(  # noqa: S603 - our own script
        [ROOT / "infra/local/bin/ensure-tls-valkey"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    each = {"AUTH": "jwt", "JWKS": str(issuer.jwks), "ISSUER": ISSUER, "LOG_LEVEL": "debug"}
    settings = {f"{name}_{key}": each[key] for key in each for name in ("FEED", "CHAT")}
    path = os.pathsep.join((found.stdout.strip(), os.environ["PATH"]))
    data = tmp_path_factory.mktemp("run") / "data"
    with local_run(data, TLS="1", PATH=path, **settings) as run:
        yield run


def origin(run: LocalRun) -> str:
    return f"https://localhost:{run.ports['EDGE_PORT']}"


def cookie(token: str) -> dict[str, str]:
    return {"Cookie": f"{COOKIE}={token}"}


async def test_the_page_has_readings_and_rooms_over_http2_by_a_cookie(
    run: LocalRun, issuer: Issuer
) -> None:
    assert run.shown.count(f"Airwave runs: {origin(run)}/") == 1
    assert "curl --cacert" in run.shown
    async with running_browser() as browser:
        # Chromium has a list of its own; that the chain is good is tried by OpenSSL below.
        context = await browser.new_context(ignore_https_errors=True)
        held: Any = {"name": COOKIE, "value": issuer.token("ada", SCOPE), "url": origin(run)}
        held |= {"secure": True, "httpOnly": True}
        await context.add_cookies([held])
        async with open_tab(context, f"{origin(run)}/rooms/secure") as tab:
            await wait_in(tab, "secure")
            assert (await tab.ledger())["chat"]["user"] == "ada"
            await say(tab, "over TLS")
            await expect_texts(tab, ["over TLS"])
            await tab.wait_for("airwave.state === 'live' && airwave.records > 20", within=60)
            check_unbroken(await tab.ledger())
            facts = await tab.page.evaluate(
                """() => [isSecureContext,
                          performance.getEntriesByType("navigation")[0].nextHopProtocol]"""
            )
            assert facts == [True, "h2"]
            await expect(tab.page.get_by_test_id("chat-sign-in")).to_be_hidden()


async def test_the_edge_is_believed_and_shows_the_way_from_http(run: LocalRun) -> None:
    async with httpx2.AsyncClient(verify=trusting(run.authority), trust_env=False) as client:
        assert (await client.get(f"{origin(run)}/")).status_code == 200
        plain = await client.get(f"{origin(run)}/rooms/x?y=1".replace("https", "http", 1))
        assert (plain.status_code, plain.headers["location"]) == (308, f"{origin(run)}/rooms/x?y=1")


@pytest.mark.parametrize("evil", ["null", "https://evil.example", "http://{}", "https://{}.evil"])
async def test_a_cookie_serves_no_page_of_somebody_elses(
    run: LocalRun, issuer: Issuer, evil: str
) -> None:
    """Through the edge, whatever else of the request tries to say who asks."""
    host = origin(run).removeprefix("https://")
    theirs: Any = evil.format("localhost:1" if evil.startswith("http:") else host)
    headers = {
        **cookie(issuer.token("ada", SCOPE)),
        "Origin": theirs,
        "X-Forwarded-Host": theirs.removeprefix("https://"),
        "Forwarded": f'host="{theirs.removeprefix("https://")}"',
    }
    async with httpx2.AsyncClient(verify=trusting(run.authority), trust_env=False) as client:
        for path, method in (
            ("/feed/readings", "GET"),
            ("/feed/sensors", "GET"),
            ("/feed/tickets", "POST"),
            ("/chat/tickets", "POST"),
            ("/chat/rooms/secure/messages", "GET"),
        ):
            answer = await client.request(method, origin(run) + path, headers=headers)
            assert answer.status_code == 403, path
            assert answer.headers.get("access-control-allow-origin") is None
    socket_url = f"{origin(run)}/chat/ws".replace("https", "wss", 1)
    sent: Any = dict(headers)
    del sent["Origin"]
    async with connect(
        socket_url, origin=theirs, additional_headers=sent, ssl=trusting(run.authority)
    ) as line:
        with pytest.raises(ConnectionClosed):
            await line.recv()
        assert line.close_code == 4503


async def test_what_one_may_see_ends_where_the_scope_does(run: LocalRun, issuer: Issuer) -> None:
    """Behind the edge, on both services: snapshot, replay and live; join, history and post."""
    narrow = {"Authorization": f"Bearer {issuer.token('bob', 'sensors:host/> rooms:secure')}"}
    async with httpx2.AsyncClient(
        verify=trusting(run.authority), trust_env=False, timeout=60
    ) as client:
        latest = (await client.get(f"{origin(run)}/feed/readings/latest", headers=narrow)).json()
        assert latest
        assert all(record["n"].startswith("host/") for record in latest)
        seen: list[str] = []
        for query in ("", "?last_event_id=first"):
            position = seen[0] if seen else ""
            url = f"{origin(run)}/feed/readings{query.replace('first', position)}"
            async with client.stream("GET", url, headers=narrow) as stream:
                names, seen = await sensors_of(stream, events=6)
            assert names
            assert all(name.startswith("host/") for name in names)
        refused = await client.get(
            f"{origin(run)}/feed/readings?sensor=greenhouse-1/*", headers=narrow
        )
        assert refused.status_code == 403
        pages = await client.get(f"{origin(run)}/chat/rooms/other/messages", headers=narrow)
        assert pages.status_code == 403
    socket_url = f"{origin(run)}/chat/ws".replace("https", "wss", 1)
    async with connect(socket_url, additional_headers=narrow, ssl=trusting(run.authority)) as line:
        assert json.loads(await line.recv())["user"] == "bob"
        for frame in (
            {"type": "join", "room": "other"},
            {"type": "history", "room": "other"},
            {"type": "post", "room": "other", "cid": "c", "text": "x"},
        ):
            await line.send(json.dumps(frame))
            assert json.loads(await line.recv())["type"] == "error"


async def test_who_is_shut_out_loses_readings_and_rooms_at_once(
    run: LocalRun, issuer: Issuer
) -> None:
    """By the administrator's command, on the page that had both by a cookie."""
    async with running_browser() as browser:
        context = await browser.new_context(ignore_https_errors=True)
        held: Any = {"name": COOKIE, "value": issuer.token("eve", SCOPE), "url": origin(run)}
        held |= {"secure": True, "httpOnly": True}
        await context.add_cookies([held])
        async with open_tab(context, f"{origin(run)}/rooms/shut") as tab:
            await wait_in(tab, "shut")
            await tab.wait_for("airwave.state === 'live' && airwave.records > 0", within=60)
            said = await asyncio.to_thread(
                run.do_as, "admin", "realtime.tokens", "revoke", "--user", "eve"
            )
            assert said == "revoked: user eve\n"
            await tab.wait_for("airwave.chat.state === 'ended'")
            await tab.wait_for("airwave.state !== 'live'")
            records = (await tab.ledger())["records"]
            await tab.page.reload()
            await expect(tab.page.get_by_test_id("chat-sign-in")).to_be_visible()
            after = await tab.ledger()
            assert (after["state"], after["records"]) != ("live", records)
            assert after["records"] == 0


async def test_nats_and_valkey_speak_tls_and_nothing_else(run: LocalRun) -> None:
    ports, trust = run.ports, trusting(run.authority)
    secrets = {path.name: path.read_text() for path in (run.data / "secrets/nats").iterdir()}
    url = f"tls://feed:{secrets['feed']}@127.0.0.1:{ports['NATS_PORT']}"
    client = await nats.connect(url, tls=trust, allow_reconnect=False)
    assert client.is_connected
    await client.close()
    password = (run.data / "secrets/valkey/chat").read_text()
    store = redis.Redis.from_url(
        f"rediss://chat:{password}@127.0.0.1:{ports['REDIS_PORT']}",
        ssl_ca_certs=str(run.authority),
    )
    assert await store.ping()
    await store.aclose()
    mqtt_connect = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x00\x00\x00"
    for name, hello in (("REDIS_PORT", b"PING\r\n"), ("MQTT_PORT", mqtt_connect)):
        with socket.create_connection(("127.0.0.1", ports[name]), 20) as plain:
            plain.sendall(hello)
            assert not _answer(plain).startswith((b"+", b"\x20")), name
    with socket.create_connection(("127.0.0.1", ports["NATS_PORT"]), 20) as plain:
        info = json.loads(plain.recv(65_536).partition(b" ")[2])
        assert info["tls_required"] is True
        plain.sendall(b'CONNECT {"verbose":true}\r\nPING\r\n')
        assert b"PONG" not in _answer(plain)


def _answer(plain: socket.socket) -> bytes:
    try:
        return plain.recv(65_536)
    except ConnectionError:
        return b""


async def test_no_log_and_no_command_line_has_a_secret(run: LocalRun, issuer: Issuer) -> None:
    token = issuer.token("ada", SCOPE)
    async with httpx2.AsyncClient(verify=trusting(run.authority), trust_env=False) as client:
        headers = {"Authorization": f"Bearer {token}"}
        given = await client.post(f"{origin(run)}/chat/tickets", headers=headers)
        ticket = given.json()["ticket"]
        for path in (f"/chat/ws?ticket={ticket}", f"/feed/readings?ticket={ticket}"):
            await client.get(origin(run) + path)
    secrets = [*run.secrets(), *token.split("."), ticket]
    logs = run.logs()
    assert "/chat/tickets" in logs
    assert [word for word in secrets if word in logs] == []
    commands = command_lines()
    assert b"infra.local" in commands
    assert [word for word in secrets if word.encode() in commands] == []
