"""Three real servers and Sentinels on what the component valkey-sentinel renders."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.servers import NatsServer, ServiceServer, chat_server
from manifests import kustomize
from manifests.folders import K8S
from manifests.objects import Object, configuration, named, parse, pod
from manifests.trying import pods
from manifests.trying.valkey import NAME, Rendered, Store, store
from realtime.testing import wait_until
from systemtests.talker import Talker, talking

WITHIN = 60
"""Seconds that a failover may take here: 3 s until it is noticed, and a busy machine."""


def ask(server: Rendered, *command: str, user: str = "", password: str = "") -> str:
    """What a server answers to one command, as that user."""
    lines = [f"AUTH {user} {password}"] if user else []
    with socket.create_connection(("127.0.0.1", server.port), 5) as connection:
        connection.sendall("\r\n".join([*lines, " ".join(command), "PING", ""]).encode())
        said = b""
        # Everybody may PING, so that is how the end of the answer shows.
        while not said.endswith(b"+PONG\r\n"):
            said += connection.recv(65_536)
    return said.decode()


def is_primary(rendered: Store, server: Rendered) -> bool:
    answer = ask(server, "ROLE", user="sentinel", password=rendered.passwords["sentinel"])
    return "\r\nmaster\r\n" in answer


def settled(rendered: Store) -> bool:
    """Whether every Sentinel knows all the others, and two replicas."""
    password = rendered.passwords["sentinel"]
    said = [
        ask(one, "INFO", "sentinel", user="sentinel", password=password)
        for one in rendered.sentinels
    ]
    return all("status=ok" in one and "slaves=2,sentinels=3" in one for one in said)


@pytest.fixture(scope="module")
def objects() -> list[Object]:
    return parse(kustomize.render(K8S / "tests" / "valkey-sentinel"))


@pytest.fixture(scope="module")
def rendered(objects: list[Object], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with store(objects, tmp_path_factory.mktemp("valkey")) as found:
        yield found


async def test_each_user_may_do_its_part_and_nobody_else_more_than_ping(rendered: Store) -> None:
    await wait_until(lambda: settled(rendered), what="Sentinels", within=WITHIN)
    first, sentinel = rendered.servers[0], rendered.sentinels[0]
    chat = {"user": "chat", "password": rendered.passwords["chat"]}
    assert ask(first, "PING").startswith("+PONG")
    assert "NOPERM" in ask(first, "GET", "chat:x")
    assert "NOPERM" in ask(first, "INFO")
    assert "WRONGPASS" in ask(first, "PING", user="chat", password="wrong")
    assert ask(first, "SET", "chat:x", "1", **chat).split("\r\n")[1] == "+OK"
    for command in (("SET", "other", "1"), ("FLUSHALL",), ("CONFIG", "GET", "*"), ("KEYS", "*")):
        assert "NOPERM" in ask(first, *command, **chat), command
    assert ask(sentinel, "SENTINEL", "GET-PRIMARY-ADDR-BY-NAME", NAME).startswith("*2")
    assert "NOPERM" in ask(sentinel, "SENTINEL", "FAILOVER", NAME)
    assert "NOPERM" in ask(sentinel, "SENTINEL", "SET", NAME, "quorum", "1")


def test_probes_are_answered_without_a_password(objects: list[Object], rendered: Store) -> None:
    cli = rendered.servers[0].directory / "valkey-cli"
    for workload, server in (
        ("valkey", rendered.servers[1]),
        ("valkey-sentinel", rendered.sentinels[1]),
    ):
        (container,) = pod(named(objects, "StatefulSet", workload))["containers"]
        _, *arguments = container["readinessProbe"]["exec"]["command"]
        here = [word for word in arguments if not word.isdigit() and word != "-p"]
        done = subprocess.run(  # noqa: S603 - our own
            [cli, "-p", str(server.port), *here], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (0, "PONG\n")
    assert sys.executable in cli.read_text()


async def _has(talker: Talker, count: int) -> bool:
    answer = await talker.history(limit=100)
    return answer["type"] == "history" and len(answer["messages"]) == count


def _chat(objects: list[Object], rendered: Store, directory: Path, nats: str) -> ServiceServer:
    """Chat on the address that its pod has, with its own user."""
    workload = named(objects, "Deployment", "chat")
    (container,) = pod(workload)["containers"]
    given = pods.environment(container, "chat", {"valkey-passwords": rendered.passwords})
    assert "CHAT_REDIS_URL" in configuration(objects, workload)
    return chat_server(
        directory / "chat",
        nats_url=nats,
        redis_url=rendered.address(given["CHAT_REDIS_URL"]),
        settings={"POSTS_BURST": "1000", "DRAIN_WINDOW": "0"},
    )


@pytest.mark.timeout(240)
async def test_a_primary_that_dies_comes_back_as_a_replica(
    objects: list[Object], rendered: Store, tmp_path: Path
) -> None:
    await wait_until(lambda: settled(rendered), what="Sentinels", within=WITHIN)
    first = rendered.servers[0]
    with (
        NatsServer(tmp_path / "nats") as nats,
        _chat(objects, rendered, tmp_path, nats.url) as chat,
    ):
        socket_url = chat.url.replace("http", "ws", 1) + "/ws"
        async with talking(socket_url, name="ada") as ada:
            await ada.join()
            await ada.post_all(1, 10)
            await wait_until(lambda: _has(ada, 10), what="history", within=WITHIN)
            first.kill()
            await ada.post_all(11, 20)
            await wait_until(lambda: _has(ada, 20), what="all history", within=WITHIN)
        # A pod that is made anew asks the Sentinels, and so never believes to be the primary.
        first.start()
        assert not is_primary(rendered, first)
        # A Sentinel that has forgotten everything learns it from the others.
        forgetful = rendered.sentinels[0]
        forgetful.kill()
        forgetful.start()
        await wait_until(lambda: settled(rendered), what="Sentinels", within=WITHIN)
        leaders = [one for one in rendered.servers if is_primary(rendered, one)]
        assert len(leaders) == 1
        for sentinel in rendered.sentinels:
            said = ask(sentinel, "SENTINEL", "GET-PRIMARY-ADDR-BY-NAME", NAME)
            assert f"\r\n{leaders[0].port}\r\n" in said
