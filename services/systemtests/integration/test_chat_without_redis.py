"""Chat as processes while Valkey is dead, or stands still: people talk on, and nothing is lost."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from infra.servers import NatsServer, ServiceServer, ValkeyServer, chat_server
from realtime.testing import wait_until
from systemtests.running_chat import HISTORY_WITHIN
from systemtests.talker import Frame, Talker, talking

# Each answer within a second, of which the store may take 0.8.
pytestmark = pytest.mark.alone


@dataclass(frozen=True, slots=True)
class Stack:
    """A chat and its store."""

    chat: ServiceServer
    valkey: ValkeyServer

    @property
    def socket(self) -> str:
        """The WebSocket's address."""
        return self.chat.url.replace("http", "ws", 1) + "/ws"

    async def ready(self) -> tuple[int, dict[str, Any]]:
        """What ``/readyz`` says."""
        async with httpx2.AsyncClient(trust_env=False) as client:
            response = await client.get(self.chat.admin_url + "/readyz")
            return response.status_code, response.json()

    async def degraded(self) -> set[str]:
        """What the chat has to do without."""
        return set((await self.ready())[1]["degraded"])

    def stop_store(self, how: str) -> None:
        """SIGKILL, or SIGSTOP."""
        self.valkey.kill() if how == "killed" else self.valkey.pause()

    def start_store(self, how: str) -> None:
        """Undo it; what was killed is empty, for it keeps nothing on disk."""
        self.valkey.start() if how == "killed" else self.valkey.resume()


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with (
        NatsServer(tmp_path / "nats") as nats,
        ValkeyServer(tmp_path / "valkey") as valkey,
        chat_server(
            tmp_path / "chat",
            nats_url=nats.url,
            redis_url=valkey.url,
            settings={"POSTS_BURST": "1000", "PRESENCE_TTL": "5", "DRAIN_WINDOW": "0"},
        ) as chat,
    ):
        yield Stack(chat, valkey)


async def all_history(talker: Talker) -> list[Frame] | None:
    """The lobby's history; None while there is none. Each answer comes within a second."""
    began = time.monotonic()
    answer = await talker.history(limit=100)
    assert time.monotonic() - began < HISTORY_WITHIN
    if answer["type"] == "error":
        assert (answer["code"], answer["retryable"]) == ("history_unavailable", True)
        return None
    return list(answer["messages"])


async def change(talker: Talker, type_: str, position: str, **fields: Any) -> None:
    answer = await talker.ask(type_, "ack", room="lobby", position=position, **fields)
    assert answer["type"] == "ack", answer


@pytest.mark.parametrize("how", ["killed", "stopped"])
async def test_people_talk_on_and_history_is_complete_afterwards(stack: Stack, how: str) -> None:
    async with talking(stack.socket, name="ada") as ada, talking(stack.socket, name="bob") as bob:
        for talker in (ada, bob):
            await talker.join()
        await ada.post_all(1, 10)
        await wait_until(lambda: _complete(ada, 10), what="history")
        assert await stack.ready() == (
            200,
            {"ready": True, "started": True, "draining": False, "degraded": {}},
        )
        at = [message["position"] for message in ada.seen()]
        stack.stop_store(how)
        try:
            await ada.post_all(11, 20)
            await bob.wait_for("message", count=20)
            assert await all_history(bob) is None
            # One of before, and one of since.
            at.append(ada.seen()[10]["position"])
            await change(ada, "edit", at[0], text="one", cid="e1")
            await change(ada, "edit", at[10], text="eleven", cid="e2")
            await change(ada, "delete", at[1], cid="d1")
            await change(bob, "react", at[2], emoji="👍", on=True, cid="r1")
            await bob.wait_for("edited", count=2)
            await bob.wait_for("deleted", "reacted", count=2)
            await wait_until(lambda: _degraded(stack, {"redis", "presence"}), what="degraded")
            status, body = await stack.ready()
            assert (status, body["ready"]) == (200, True)
            assert all(body["degraded"].values()), "each with its reason"
            async with talking(stack.socket, name="eve") as eve:
                joined = await eve.join()
                assert (joined["members"], joined["count"]) == (["ada", "bob", "eve"], 3)
                assert len(joined["messages"]) == 20, "from the ring"
                await eve.say("typing", room="lobby")
                await ada.wait_for("typing")
                assert await all_history(eve) is None
        finally:
            stack.start_store(how)
        await wait_until(lambda: _degraded(stack, set()), what="what was missing", within=20)
        await wait_until(lambda: _complete(ada, 20), what="the whole history", within=20)
        found = await all_history(ada)
        assert found is not None
        assert [m.get("text") for m in found] == [
            "one",
            None,
            *(str(number) for number in range(3, 11)),
            "eleven",
            *(str(number) for number in range(12, 21)),
        ]
        assert found[1]["deleted"] is True
        assert found[2]["reactions"] == {"👍": ["bob"]}
        assert (await ada.join())["members"] == ["ada", "bob"]
        bob.check_unbroken()
        assert not bob.all("gap", "error") or {e["code"] for e in bob.all("error")} == {
            "history_unavailable"
        }


async def _complete(talker: Talker, count: int) -> bool:
    found = await all_history(talker)
    return found is not None and len(found) == count


async def _degraded(stack: Stack, what: set[str]) -> bool:
    return await stack.degraded() == what
