"""Identity on a real NATS: what holds across replicas, restarts of the broker, and the command."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import nats
import pytest

from chat.testing import MemoryHistory
from infra.servers import NatsServer, ServiceServer, ValkeyServer, chat_server, feed_server
from realtime.identity.carriers import COOKIE
from realtime.identity.errors import Denial, TokenRefusedError
from realtime.identity.revocation import REVOCATIONS, Revocation, Revocations, revoke
from realtime.identity.scope import parse_scope
from realtime.identity.tickets import TICKETS, Tickets
from realtime.identity.who import Identity
from realtime.nats import NatsBroker, connect
from realtime.testing import Issuer, wait_until
from realtime.testing.issuer import ISSUER
from systemtests.inprocess import running_feed
from systemtests.listener import listening
from systemtests.running_chat import running_chat
from systemtests.talker import talking

ADA = Identity(parse_scope("rooms:*"), user="ada", expires=time.time() + 86_400, token_id="t1")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    with NatsServer(tmp_path_factory.mktemp("nats")) as server:
        yield server


@pytest.fixture(autouse=True)
async def clean(server: NatsServer) -> AsyncIterator[None]:
    yield
    client = await nats.connect(server.url)
    for stream in await client.jetstream().streams_info():
        await client.jetstream().delete_stream(stream.config.name or "")
    await client.close()


@asynccontextmanager
async def replica(server: NatsServer) -> AsyncIterator[NatsBroker]:
    async with connect(server.url, name="test") as broker:
        await wait_until(lambda: broker.connected)
        yield broker


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path)


async def tokens(*arguments: str) -> str:
    """Run the command as a person does; gives what it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "realtime.tokens", *arguments, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert process.returncode == 0
    return said.decode().strip()


async def test_of_many_replicas_that_race_for_a_ticket_one_gets_it(server: NatsServer) -> None:
    async with replica(server) as one, replica(server) as two:
        for _ in range(20):
            ticket = await Tickets(one, service="feed").issue(ADA)
            tries = [Tickets(broker, service="feed").redeem(ticket) for broker in (one, two) * 4]
            found = await asyncio.gather(*tries, return_exceptions=True)
            assert sum(item == ADA for item in found) == 1
            assert sum(isinstance(item, TokenRefusedError) for item in found) == 7


async def test_a_used_ticket_stays_used_when_the_broker_is_killed(tmp_path: Path) -> None:
    with NatsServer(tmp_path) as server:
        async with replica(server) as broker:
            tickets = Tickets(broker, service="feed")
            ticket, unused = await tickets.issue(ADA), await tickets.issue(ADA)
            await tickets.redeem(ticket)
            server.kill()
            server.start()
            await wait_until(lambda: broker.connected)

            async def refused() -> bool:
                try:
                    await tickets.redeem(ticket)
                except TokenRefusedError as error:
                    return error.denial is Denial.TICKET
                except Exception:  # noqa: BLE001 - the stream is still coming up
                    return False
                pytest.fail("a ticket was redeemed twice")

            await wait_until(refused)
            assert await tickets.redeem(unused) == ADA


async def test_the_broker_forgets_tickets(server: NatsServer) -> None:
    async with replica(server) as broker:
        await Tickets(broker, service="feed").issue(ADA)
    client = await nats.connect(server.url)
    config = (await client.jetstream().stream_info(TICKETS.name)).config
    assert config.max_age == 60
    assert config.duplicate_window == 60
    await client.close()


async def test_a_revocation_is_heard_by_who_runs_and_read_by_who_comes_later(
    server: NatsServer,
) -> None:
    async with replica(server) as broker:
        early, late = Revocations(broker), Revocations(broker)
        running = [asyncio.create_task(early.run())]
        await wait_until(early.tail.started.is_set)
        began = time.monotonic()
        await revoke(broker, Revocation(time.time() + 600, token="t1"))
        await wait_until(lambda: early.is_revoked(ADA), within=2.0)
        assert time.monotonic() - began < 2.0
        running.append(asyncio.create_task(late.run()))
        await wait_until(late.tail.started.is_set)
        assert late.is_revoked(ADA)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    client = await nats.connect(server.url)
    config = (await client.jetstream().stream_info(REVOCATIONS.name)).config
    assert config.max_age == REVOCATIONS.max_age.total_seconds()
    await client.close()


async def test_from_keys_to_revocation_by_the_command(server: NatsServer, tmp_path: Path) -> None:
    """The README's way, on both services."""
    await tokens("keys", str(tmp_path))
    settings: dict[str, Any] = {"auth": "jwt", "jwks": str(tmp_path / "jwks.json"), "issuer": "me"}
    key = str(tmp_path / "private.json")
    token = await tokens(
        "mint", key, "--issuer", "me", "--user", "ada", "--scope", "sensors:> rooms:lobby"
    )
    async with (
        replica(server) as broker,
        running_feed(broker, **settings) as feed,
        running_feed(broker, **settings) as other,
        running_chat(broker, MemoryHistory(), **settings) as chat,
    ):
        ticket = await tokens("ticket", feed.url, "--token", token)
        chat_ticket = await tokens("ticket", chat.url, "--token", token)
        async with (
            listening(other.readings, params={"ticket": ticket}) as stream,
            talking(chat.socket, ticket=chat_ticket) as ada,
        ):
            await wait_until(lambda: stream.events)
            assert ada.user == "ada"
            assert (await ada.post("c1"))["type"] == "ack"
            said = await tokens("revoke", "--nats-url", server.url, "--user", "ada")
            assert said == "revoked: user ada"
            await wait_until(lambda: stream.ended and ada.code == 4500, within=2.0)
        async with httpx2.AsyncClient(trust_env=False) as client:
            headers = {"Authorization": f"Bearer {token}"}
            answer = await client.get(feed.url + "/sensors", headers=headers)
            assert answer.json()["reason"] == "revoked"


async def test_identity_goes_on_while_the_broker_is_away(tmp_path: Path, issuer: Issuer) -> None:
    with NatsServer(tmp_path / "nats") as server:
        async with replica(server) as broker, running_feed(broker, **issuer.settings) as feed:
            headers = {"Authorization": f"Bearer {issuer.token('ada', 'sensors:>')}"}
            server.kill()
            await wait_until(lambda: not broker.connected)
            async with listening(feed.readings, headers=headers) as stream:
                await wait_until(lambda: stream.of("snapshot"))
            async with httpx2.AsyncClient(trust_env=False) as client:
                answer = await client.post(feed.url + "/tickets", headers=headers)
                assert (answer.status_code, answer.json()["code"]) == (503, "identity_unavailable")
            server.start()


@pytest.fixture
def services(
    server: NatsServer, issuer: Issuer, tmp_path: Path
) -> Iterator[tuple[ServiceServer, ServiceServer]]:
    settings = {
        "AUTH": "jwt",
        "JWKS": str(issuer.jwks),
        "ISSUER": ISSUER,
        "LOG_LEVEL": "debug",
        "LOG_FORMAT": "json",
    }
    with (
        ValkeyServer(tmp_path / "valkey") as store,
        feed_server(tmp_path / "feed", nats_url=server.url, settings=settings) as feed,
        chat_server(
            tmp_path / "chat", nats_url=server.url, redis_url=store.url, settings=settings
        ) as chat,
    ):
        yield feed, chat


async def test_no_log_line_has_a_token_or_a_ticket(
    services: tuple[ServiceServer, ServiceServer], issuer: Issuer
) -> None:
    """Both services as processes, at the level that says most, and everything shown once."""
    feed, chat = services
    good, bad = issuer.token("ada", "sensors:> rooms:*"), issuer.token("ada", exp=1)
    secrets = [*good.split("."), *bad.split(".")]
    async with httpx2.AsyncClient(trust_env=False) as client:

        async def ask(url: str, token: str, method: str = "GET") -> httpx2.Response:
            headers = {"Authorization": f"Bearer {token}"}
            return await client.request(method, url, headers=headers)

        async def taken() -> bool:
            return all(
                [(await ask(s.url + "/tickets", good, "POST")).status_code == 201 for s in services]
            )

        await wait_until(taken)
        for service, path in ((feed, "/readings"), (chat, "/rooms/lobby/messages")):
            assert (await ask(service.url + path, bad)).status_code == 401
            ticket = (await ask(service.url + "/tickets", good, "POST")).json()["ticket"]
            secrets.append(ticket)
            cookie = {"Cookie": f"{COOKIE}={good}", "Origin": "https://evil.example"}
            assert (await client.get(service.url + path, headers=cookie)).status_code == 403
            if service is feed:
                async with listening(f"{feed.url}/readings", params={"ticket": ticket}) as stream:
                    await wait_until(lambda: stream.events)
            else:
                socket = chat.url.replace("http", "ws", 1) + "/ws"
                async with talking(socket, ticket=ticket) as ada:
                    await ada.ask("refresh", "refreshed", token=good)
                    await ada.ask("refresh", "refreshed", token=bad)
                    await ada.say("refresh", token=bad, extra=1)
                    await ada.ask("leave", "left", room="lobby")
            spent = await client.get(service.url + path, params={"ticket": ticket})
            assert spent.status_code == 401
    for service, last in ((feed, "stream_ended"), (chat, "connection_ended")):
        await wait_until(lambda path=service.log_path, last=last: last in path.read_text())
        said = service.log_path.read_text()
        assert "identity_refused" in said
        assert not [secret for secret in secrets if secret in said]
