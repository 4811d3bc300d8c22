"""The primary of three Valkey servers dies: people talk on, and history is complete afterwards."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.servers import NatsServer, ServiceServer, chat_server
from realtime.testing import wait_until
from systemtests.running_chat import HISTORY_WITHIN
from systemtests.sentinels import Watched, watched
from systemtests.talker import Talker, talking

# Each answer within a second, of which the store may take 0.8.
pytestmark = pytest.mark.alone


@dataclass(frozen=True, slots=True)
class Stack:
    """A chat and its stores."""

    chat: ServiceServer
    store: Watched

    @property
    def socket(self) -> str:
        """The WebSocket's address."""
        return self.chat.url.replace("http", "ws", 1) + "/ws"


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with (
        NatsServer(tmp_path / "nats") as nats,
        watched(tmp_path / "store") as store,
        chat_server(
            tmp_path / "chat",
            nats_url=nats.url,
            redis_url=store.url,
            settings={"POSTS_BURST": "1000", "PRESENCE_TTL": "5", "DRAIN_WINDOW": "0"},
        ) as chat,
    ):
        yield Stack(chat, store)


async def history(talker: Talker) -> int | None:
    """How many messages history has; None where it says that it can't tell, and soon."""
    began = time.monotonic()
    answer = await talker.history(limit=100)
    assert time.monotonic() - began < HISTORY_WITHIN
    if answer["type"] == "error":
        assert (answer["code"], answer["retryable"]) == ("history_unavailable", True)
        return None
    return len(answer["messages"])


async def _has(talker: Talker, count: int) -> bool:
    return await history(talker) == count


@pytest.mark.timeout(120)
@pytest.mark.parametrize("how", ["killed", pytest.param("stopped", marks=pytest.mark.whole)])
async def test_posts_go_on_and_history_is_complete_after_a_failover(stack: Stack, how: str) -> None:
    first = stack.store.servers[0]
    async with talking(stack.socket, name="ada") as ada, talking(stack.socket, name="bob") as bob:
        for talker in (ada, bob):
            await talker.join()
        await ada.post_all(1, 20)
        await wait_until(lambda: _has(bob, 20), what="history", within=20)
        first.kill() if how == "killed" else first.pause()
        try:
            # Each post is acknowledged while nobody keeps history; while it is asked all along, it
            # answers in time, one way or the other.
            await ada.post_all(21, 40)
            await bob.wait_for("message", count=40)
            await wait_until(lambda: _has(bob, 40), what="the whole history", within=60)
            await wait_until(
                lambda: [s for s in stack.store.servers[1:] if s.is_primary], what="a primary"
            )
        finally:
            first.start() if how == "killed" else first.resume()
        # The old one comes back, and is none any more.
        await wait_until(
            lambda: not first.is_primary and len(stack.store.primaries()) == 1,
            what="one primary",
            within=60,
        )
        await ada.post_all(41, 45)
        await wait_until(lambda: _has(bob, 45), what="history after the return", within=20)
