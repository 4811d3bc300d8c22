"""A chat over a broker and a history in memory."""

from collections.abc import AsyncIterator

import pytest

from chat.app import Chat
from chat.replica import Replica
from chat.testing import MemoryHistory, MemoryStore
from realtime.testing import MemoryBroker
from systemtests.running_chat import chat_parts


@pytest.fixture
def broker() -> MemoryBroker:
    return MemoryBroker()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def history(store: MemoryStore) -> MemoryHistory:
    return MemoryHistory(store)


@pytest.fixture
async def chat(broker: MemoryBroker, history: MemoryHistory) -> AsyncIterator[Chat]:
    async with chat_parts(broker, history, posts_burst=1_000) as parts:
        yield parts


@pytest.fixture
def replica(chat: Chat) -> Replica:
    return chat.replica
