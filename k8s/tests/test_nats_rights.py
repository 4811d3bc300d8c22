"""Three real servers on what the component nats-cluster renders: copies, and who may do what."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import nats
import paho.mqtt.client as mqtt
import pytest
from nats.aio.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from manifests.trying.nats import Cluster, RenderedNats
from realtime.shedding import SUBJECT
from realtime.testing import wait_until
from systemtests.forbidden import UNSAID, check_refused


@asynccontextmanager
async def client(running: Cluster, user: str) -> AsyncIterator[tuple[Client, list[str]]]:
    """A plain client as that user, and what the server refused it."""
    refused: list[str] = []

    async def note(error: Exception) -> None:
        refused.append(str(error))

    found = await nats.connect(running.url(user, running.ports[0]), error_cb=note)
    try:
        yield found, refused
    finally:
        await found.close()


async def test_the_streams_have_three_copies(running: Cluster) -> None:
    async with client(running, "admin") as (admin, _):
        infos = await admin.jetstream().streams_info()
    copies = {info.config.name: info.config.num_replicas for info in infos}
    ours = {name: copies[name] for name in ("SENSORS", "CHAT", "REVOCATIONS", "TICKETS")}
    assert set(ours.values()) == {3}


@pytest.mark.parametrize("user", list(UNSAID))
async def test_nobody_may_do_what_is_not_their_part(running: Cluster, user: str) -> None:
    await check_refused(running.url(user, running.ports[0]), user)


@pytest.mark.parametrize("user", ["feed", "chat"])
async def test_replicas_of_a_service_tell_each_other_what_they_have(
    running: Cluster, user: str
) -> None:
    heard: list[bytes] = []

    async def hear(message: Any) -> None:
        heard.append(message.data)

    async with client(running, user) as (one, refused), client(running, user) as (other, _):
        await other.subscribe(SUBJECT + user, cb=hear)
        await other.flush()
        await one.publish(SUBJECT + user, b"x")
        await one.flush()
        await wait_until(lambda: heard, what=str(refused))
    assert not refused


@pytest.mark.parametrize("user", [None, "nobody", "feed", "device"])
def test_nobody_comes_in_without_their_password(running: Cluster, user: str | None) -> None:
    # The device's is right, but for MQTT only.
    password = running.passwords["device"] if user == "device" else "wrong"
    options = {"verbose": False} | ({} if user is None else {"user": user, "pass": password})
    with socket.create_connection(("127.0.0.1", running.ports[0]), 10) as connection:
        connection.sendall(f"CONNECT {json.dumps(options)}\r\nPING\r\n".encode())
        said = b""
        while part := connection.recv(65_536):
            said += part
    assert b"-ERR 'Authorization Violation'" in said
    assert b"PONG" not in said


class Devices:
    """A device that speaks MQTT, and whether the broker let it in."""

    def __init__(self, server: RenderedNats, user: str, password: str) -> None:
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"bench-{user}")
        self.client.username_pw_set(user, password)
        self.reasons: list[Any] = []
        self.client.on_connect = lambda *said: self.reasons.append(said[3])
        self.client.connect("127.0.0.1", server.ports.mqtt)

    def __enter__(self) -> mqtt.Client:
        self.client.loop_start()
        return self.client

    def __exit__(self, *_: object) -> None:
        self.client.disconnect()
        self.client.loop_stop()


async def test_a_device_publishes_readings_and_nothing_else(running: Cluster) -> None:
    devices = Devices(running.servers[1], "device", running.passwords["device"])
    heard: list[str] = []

    async def hear(message: Any) -> None:
        heard.append(message.subject)

    async with client(running, "admin") as (admin, _):
        await admin.subscribe("live.>", cb=hear)
        await admin.flush()
        with devices as device:
            await wait_until(lambda: devices.reasons, what="an answer", within=30)
            device.publish("rooms/lobby", "x", qos=0)
            sent = device.publish("sensors/bench/temperature", '[{"v":21.5}]', qos=1)
            await asyncio.to_thread(sent.wait_for_publish, 30)
            await wait_until(lambda: heard)
    assert heard == ["live.sensors.bench.temperature"]
