"""Asking for older messages in a conversation."""

import pytest

from chat.app import Chat
from chat.replica import Replica
from chat.testing import MemoryStore
from chat.testing.dialog import dialog
from realtime.testing import wait_until
from systemtests.running_chat import wait_projected


async def test_history_comes_in_pages(chat: Chat) -> None:
    with dialog(chat.replica) as ada:
        await ada.join()
        for number in range(1, 8):
            await ada.post(f"c{number}", str(number))
        await wait_projected(chat)
        newest = await ada.say("history", room="lobby", limit=3)
        assert [message["text"] for message in newest["messages"]] == ["5", "6", "7"]
        assert list(newest["messages"][0]) == ["position", "cid", "user", "text", "time"]
        assert newest["more"] is True
        before = newest["messages"][0]["position"]
        older = await ada.say("history", room="lobby", limit=3, before=before)
        assert [message["text"] for message in older["messages"]] == ["2", "3", "4"]
        before = older["messages"][0]["position"]
        oldest = await ada.say("history", room="lobby", limit=3, before=before)
        assert [message["text"] for message in oldest["messages"]] == ["1"]
        assert oldest["more"] is False


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"room": "lobby", "limit": 0}, "bad_limit"),
        ({"room": "lobby", "limit": 101}, "bad_limit"),
        ({"room": "lobby", "limit": 10**4000}, "bad_limit"),
        ({"room": "lobby", "before": "7"}, "bad_position"),
        ({"room": "lobby", "before": "zzzz-7"}, "bad_position"),
        ({"room": "a*"}, "bad_name"),
    ],
)
async def test_history_that_cannot_be_asked(
    replica: Replica, fields: dict[str, object], code: str
) -> None:
    with dialog(replica) as ada:
        assert (await ada.say("history", **fields))["code"] == code


async def test_history_that_is_down_is_said_and_chat_goes_on(
    chat: Chat, store: MemoryStore
) -> None:
    with dialog(chat.replica) as ada:
        store.down = True
        await ada.join()
        assert (await ada.post("c1"))["type"] == "ack"
        error = await ada.say("history", room="lobby")
        assert (error["code"], error["retryable"]) == ("history_unavailable", True)
        await wait_until(lambda: "redis" in chat.health.degraded)
        assert chat.health.ready
        store.down = False
        await wait_until(lambda: "redis" not in chat.health.degraded)
        await wait_projected(chat)
        page = await ada.say("history", room="lobby")
        assert [message["text"] for message in page["messages"]] == ["hello"]
