"""The fake passes the suite that the real one passes."""

from datetime import timedelta

import pytest

from chat.errors import HistoryUnavailableError
from chat.history import Span
from chat.testing import MemoryHistory, MemoryStore
from chat.testing.history_contract import HistoryContract


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(keep=10, age=timedelta(hours=1))


@pytest.fixture
def history(store: MemoryStore) -> MemoryHistory:
    return MemoryHistory(store)


@pytest.fixture
def other(store: MemoryStore) -> MemoryHistory:
    return MemoryHistory(store)


class TestMemoryHistory(HistoryContract):
    pass


async def test_a_store_that_is_down_refuses(store: MemoryStore, history: MemoryHistory) -> None:
    store.down = True
    with pytest.raises(HistoryUnavailableError):
        await history.lead()
    with pytest.raises(HistoryUnavailableError):
        await history.read(Span(room="lobby", limit=1), epoch="e100")
