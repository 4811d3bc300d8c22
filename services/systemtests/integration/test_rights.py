"""Who may do what on the servers of the local run, with the rights that a cluster has."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nats
import paho.mqtt.client as mqtt
import pytest
import redis.asyncio as redis
from paho.mqtt.enums import CallbackAPIVersion

from infra.local.streams import made
from infra.passwords import kept
from infra.rights import NATS_USERS, VALKEY_USERS
from infra.servers import NatsServer, ValkeyServer
from realtime.testing import wait_until
from systemtests.forbidden import UNSAID, VALKEY, check_refused


@pytest.fixture(scope="module")
def passwords(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    return kept(tmp_path_factory.mktemp("secrets"), NATS_USERS)


@pytest.fixture(scope="module")
def broker(
    tmp_path_factory: pytest.TempPathFactory, passwords: Mapping[str, str]
) -> Iterator[NatsServer]:
    with NatsServer(tmp_path_factory.mktemp("nats"), passwords=passwords) as server:
        made(server.url_of("admin"), trust=None)()
        yield server


@pytest.mark.parametrize("user", list(UNSAID))
async def test_nobody_may_do_what_is_not_their_part(broker: NatsServer, user: str) -> None:
    await check_refused(broker.url_of(user), user)


@pytest.mark.parametrize("user", [None, "nobody", "feed", "device"])
def test_nobody_comes_in_without_their_password(
    broker: NatsServer, passwords: Mapping[str, str], user: str | None
) -> None:
    # The device's is right, but for MQTT only.
    password = passwords["device"] if user == "device" else "wrong"
    options = {"verbose": False} | ({} if user is None else {"user": user, "pass": password})
    with socket.create_connection(("127.0.0.1", broker.port), 20) as connection:
        connection.sendall(f"CONNECT {json.dumps(options)}\r\nPING\r\n".encode())
        said = b""
        while part := connection.recv(65_536):
            said += part
    assert b"-ERR 'Authorization Violation'" in said
    assert b"PONG" not in said


def device(server: NatsServer, user: str | None, password: str) -> tuple[mqtt.Client, list[Any]]:
    """A device that speaks MQTT, and what the broker said to it when it connected."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"bench-{user}-{len(password)}")
    if user is not None:
        client.username_pw_set(user, password)
    answers: list[Any] = []
    client.on_connect = lambda *said: answers.append(said[3])
    client.connect("127.0.0.1", server.mqtt_port)
    return client, answers


@pytest.mark.parametrize("user", ["device", None])
async def test_a_device_publishes_readings_and_nothing_else(
    broker: NatsServer, passwords: Mapping[str, str], user: str | None
) -> None:
    """By its password, or as nobody: only this machine reaches the listener."""
    heard: list[str] = []
    received: list[str] = []

    async def hear(message: Any) -> None:
        heard.append(message.subject)

    client, answers = device(broker, user, passwords["device"])
    client.on_message = lambda *said: received.append(said[2].topic)
    admin = await nats.connect(broker.url_of("admin"))
    await admin.subscribe("live.>", cb=hear)
    await admin.subscribe("rooms.>", cb=hear)
    await admin.flush()
    client.loop_start()
    try:
        await wait_until(lambda: answers, what="an answer")
        assert not answers[0].is_failure
        client.subscribe("sensors/#")
        client.publish("rooms/lobby", "x", qos=0)
        sent = client.publish("sensors/bench/temperature", '[{"v":21.5}]', qos=1)
        await asyncio.to_thread(sent.wait_for_publish, 30)
        await wait_until(lambda: heard)
    finally:
        client.disconnect()
        client.loop_stop()
        await admin.close()
    assert heard == ["live.sensors.bench.temperature"]
    assert received == []


async def test_a_device_with_a_wrong_password_is_not_let_in(broker: NatsServer) -> None:
    client, answers = device(broker, "device", "wrong")
    client.loop_start()
    try:
        await wait_until(lambda: answers, what="an answer")
        assert all(answer.is_failure for answer in answers)
    finally:
        client.disconnect()
        client.loop_stop()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    secrets = kept(tmp_path_factory.mktemp("secrets"), VALKEY_USERS)
    with ValkeyServer(tmp_path_factory.mktemp("valkey"), passwords=secrets) as server:
        yield server


@asynccontextmanager
async def commanding(url: str) -> AsyncIterator[Any]:
    client = redis.Redis.from_url(url)
    try:
        yield client
    finally:
        await client.aclose()


@pytest.mark.parametrize("command", VALKEY, ids=lambda command: command[0])
async def test_chat_may_not_administer(store: ValkeyServer, command: tuple[str, ...]) -> None:
    async with commanding(store.url_of("chat")) as chat:
        with pytest.raises(redis.ResponseError, match="permission"):
            await chat.execute_command(*command)
        assert await chat.ping()


async def test_chat_has_its_own_keys(store: ValkeyServer) -> None:
    async with commanding(store.url_of("chat")) as chat:
        await chat.set("chat:test", "mine")
        assert await chat.get("chat:test") == b"mine"


@pytest.mark.parametrize("command", [("GET", "chat:test"), ("INFO",), ("CLIENT", "LIST")])
async def test_who_says_nothing_may_ping(store: ValkeyServer, command: tuple[str, ...]) -> None:
    async with commanding(store.url) as nobody:
        assert await nobody.ping()
        with pytest.raises(redis.ResponseError, match="permission"):
            await nobody.execute_command(*command)


async def test_a_wrong_password_is_not_let_in(store: ValkeyServer) -> None:
    async with commanding(f"redis://chat:wrong@127.0.0.1:{store.port}") as stranger:
        with pytest.raises(redis.AuthenticationError):
            await stranger.ping()


def test_no_configuration_with_a_password_is_anybodys_to_read(
    broker: NatsServer, store: ValkeyServer
) -> None:
    for conf in (broker.directory / "nats-server.conf", store.directory / "valkey.conf"):
        assert Path(conf).stat().st_mode & 0o077 == 0


def test_no_command_line_has_a_password(
    broker: NatsServer, store: ValkeyServer, passwords: Mapping[str, str]
) -> None:
    for server in (broker, store):
        words = " ".join(server.program.command)
        assert not any(password in words for password in passwords.values())
