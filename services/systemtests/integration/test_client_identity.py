"""The clients where everybody needs a token: what ends, what is renewed, what is refused."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chat.testing import MemoryHistory, MemoryStore
from realtime.client import (
    Chat,
    ChatEndedError,
    CommandRefusedError,
    Expired,
    Expiring,
    Feed,
    FeedRefusedError,
    Hello,
    State,
)
from realtime.testing import Issuer, MemoryBroker, wait_until
from systemtests.inprocess import running_feed
from systemtests.running_chat import running_chat

SCOPE = "rooms:lobby sensors:bench/>"
WARNED = 1.5


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path)


@pytest.fixture
def settings(issuer: Issuer) -> dict[str, Any]:
    return {**issuer.settings, "leeway": 0, "expiry_warning": WARNED}


class Provider:
    """Gives the tokens of a list in turn, the last one again and again."""

    def __init__(self, *tokens: Callable[[], str]) -> None:
        self.tokens = tokens
        self.asked = 0

    async def __call__(self) -> str:
        self.asked += 1
        return self.tokens[min(self.asked, len(self.tokens)) - 1]()


def short(issuer: Issuer) -> str:
    return issuer.token(scope=SCOPE, exp=int(time.time()) + 3)


async def test_a_chat_s_token_is_refreshed_in_band(
    issuer: Issuer, settings: dict[str, Any]
) -> None:
    provider = Provider(lambda: short(issuer), lambda: issuer.token(scope=SCOPE))
    async with running_chat(MemoryBroker(), MemoryHistory(MemoryStore()), **settings) as chat:
        async with Chat(chat.url, token=provider) as ada:
            room = await ada.join("lobby")
            over = time.time() + 3.2
            await wait_until(lambda: provider.asked == 2)
            await wait_until(lambda: time.time() > over)
            await room.post("still here")
            assert (ada.connections, ada.user) == (1, "ada")


async def test_a_chat_without_another_token_ends_at_its_token_s_end(
    issuer: Issuer, settings: dict[str, Any]
) -> None:
    async with running_chat(MemoryBroker(), MemoryHistory(MemoryStore()), **settings) as chat:
        async with Chat(chat.url, token=short(issuer)) as ada:
            room = await ada.join("lobby")
            with pytest.raises(ChatEndedError) as caught:
                async with asyncio.timeout(10):
                    await anext(room)
    assert caught.value.close_code == 4511
    assert ada.state is State.OFFLINE


async def test_a_chat_asks_for_another_token_once_if_the_first_is_refused(
    issuer: Issuer, settings: dict[str, Any]
) -> None:
    provider = Provider(lambda: issuer.token(exp=1), lambda: issuer.token(scope=SCOPE))
    hopeless = Provider(lambda: issuer.token(exp=1))
    async with running_chat(MemoryBroker(), MemoryHistory(MemoryStore()), **settings) as chat:
        async with Chat(chat.url, token=provider) as ada:
            await ada.join("lobby")
            assert (ada.connections, provider.asked) == (2, 2)
            with pytest.raises(CommandRefusedError) as refused:
                await ada.join("attic")
            assert refused.value.code == "forbidden"
            assert ada.state is State.LIVE
        async with Chat(chat.url, token=hopeless) as bob:
            with pytest.raises(ChatEndedError, match="expired") as caught:
                await bob.join("lobby")
            assert caught.value.close_code == 4500
            assert hopeless.asked == 2


async def to_the_end(feed: Feed) -> None:
    async for _ in feed:
        pass


async def test_a_feed_goes_on_by_another_token_and_ends_without(
    issuer: Issuer, settings: dict[str, Any]
) -> None:
    provider = Provider(lambda: short(issuer), lambda: issuer.token(scope=SCOPE))
    async with running_feed(MemoryBroker(), **settings) as running:
        async with Feed(running.url, token=provider, sensors=["bench/>"]) as feed:
            kinds: list[type] = []
            async with asyncio.timeout(20):
                while kinds.count(Hello) < 2:
                    kinds.append(type(await anext(feed)))
            assert kinds.index(Expiring) < kinds.index(Expired)
            assert provider.asked == 2
        async with Feed(running.url, token=short(issuer), sensors=["bench/>"]) as feed:
            with pytest.raises(FeedRefusedError) as caught:
                await asyncio.wait_for(to_the_end(feed), 20)
            assert (caught.value.status, caught.value.code) == (401, "bad_token")
        async with Feed(running.url, token=issuer.token(scope=SCOPE), sensors=["x/>"]) as feed:
            with pytest.raises(FeedRefusedError) as caught:
                await anext(feed)
            assert (caught.value.status, caught.value.code) == (403, "forbidden")
