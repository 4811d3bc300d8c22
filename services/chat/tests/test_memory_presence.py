"""The fake passes the suite that the real one passes."""

import pytest

from chat.presence import PresenceForgottenError, PresenceUnavailableError
from chat.testing import MemoryPresence, PresenceServer
from chat.testing.presence_contract import PresenceContract, came, reap_all


@pytest.fixture
def server() -> PresenceServer:
    return PresenceServer()


@pytest.fixture
def store(server: PresenceServer) -> MemoryPresence:
    return MemoryPresence(server)


@pytest.fixture
def other(server: PresenceServer) -> MemoryPresence:
    return MemoryPresence(server)


class TestMemoryPresence(PresenceContract):
    pass


async def test_a_server_that_is_down_refuses(server: PresenceServer, store: MemoryPresence) -> None:
    server.down = True
    with pytest.raises(PresenceUnavailableError):
        await store.begin()


async def test_a_lease_that_ended_is_noticed_by_both_sides(
    store: MemoryPresence, other: MemoryPresence
) -> None:
    await store.begin()
    await store.write(came("ada"))
    store.expire()
    assert await reap_all(other) == [("lobby", [], ["ada"], 0)]
    with pytest.raises(PresenceForgottenError):
        await store.beat([])
