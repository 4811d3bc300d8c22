"""Revocations over a broker in memory: heard, remembered, and known to those who come later."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from realtime.identity import revocation as module
from realtime.identity.errors import IdentityUnavailableError
from realtime.identity.revocation import REVOCATIONS, Revocation, Revocations, revoke
from realtime.identity.scope import parse_scope
from realtime.identity.verifier import LIFE_MAX
from realtime.identity.who import GUEST, Identity
from realtime.testing import MemoryBroker, wait_until

LATER = time.time() + 3600


def identity(user: str = "ada", token: str | None = "t1", issued: float | None = 100.0) -> Identity:
    return Identity(parse_scope(""), user=user, expires=LATER, issued=issued, token_id=token)


@asynccontextmanager
async def following(
    broker: MemoryBroker, clock: Callable[[], float] = time.time
) -> AsyncIterator[Revocations]:
    revocations = Revocations(broker, clock=clock)
    running = asyncio.create_task(revocations.run())
    try:
        await wait_until(revocations.tail.started.is_set)
        yield revocations
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize(
    ("revocation", "hit", "spared"),
    [
        (Revocation(LATER, token="t1"), [identity()], [identity(token="t2"), identity(token=None)]),
        (
            Revocation(LATER, user="ada", before=100.0),
            [identity(), identity(issued=None), identity(token=None)],
            [identity(issued=100.5), identity("bob"), GUEST],
        ),
    ],
)
async def test_it_hits_those_it_speaks_of(
    revocation: Revocation, hit: list[Identity], spared: list[Identity]
) -> None:
    broker = MemoryBroker()
    async with following(broker) as one, following(broker) as two:
        heard: list[Revocation] = []
        two.listeners.append(heard.append)
        await revoke(broker, revocation)
        await wait_until(lambda: len(one) == len(two) == 1)
        assert heard == [revocation]
    async with following(broker) as late:
        for known in (one, two, late):
            assert all(map(known.is_revoked, hit))
            assert not any(map(known.is_revoked, spared))


async def test_until_the_stream_was_read_nobody_is_known_not_to_be_revoked() -> None:
    revocations = Revocations(MemoryBroker())
    with pytest.raises(IdentityUnavailableError):
        revocations.check_known()


async def test_a_lost_live_delivery_is_heard_within_two_seconds_or_so() -> None:
    broker = MemoryBroker()
    async with following(broker) as revocations:
        broker.lose_live = 1
        await revoke(broker, Revocation(LATER, token="t1"))
        await wait_until(lambda: revocations.is_revoked(identity()), within=2.5)


async def test_a_later_one_of_a_user_counts_whatever_the_order() -> None:
    broker = MemoryBroker()
    async with following(broker) as revocations:
        for before in (300.0, 200.0):
            await revoke(broker, Revocation(LATER, user="ada", before=before))
        await wait_until(lambda: revocations.counts["heard"] == 2)
        assert revocations.is_revoked(identity(issued=300.0))


_UNREADABLE = (
    b"",
    b"{}",
    b"\xff",
    b'{"until":1,"x":2}',
    b'{"until":1,"token":"\xff"}',
    b"[" * 100_000,
)


async def test_what_has_ended_and_what_cannot_be_read_is_left_out() -> None:
    broker = MemoryBroker()
    async with following(broker) as revocations:
        await revoke(broker, Revocation(time.time() - 1, token="t1"))
        for number, payload in enumerate(_UNREADABLE):
            await broker.publish("revocations.token", payload, message_id=str(number))
        await revoke(broker, Revocation(LATER, token="t2"))
        await wait_until(lambda: len(revocations) == 1)
        assert not revocations.is_revoked(identity())
        assert revocations.counts["unreadable"] == len(_UNREADABLE)


async def test_a_new_stream_takes_nothing_back() -> None:
    broker = MemoryBroker()
    async with following(broker) as revocations:
        await revoke(broker, Revocation(LATER, token="t1"))
        await wait_until(lambda: len(revocations) == 1)
        broker.delete_stream(REVOCATIONS.name)
        await revoke(broker, Revocation(LATER, token="t2"))
        await wait_until(lambda: len(revocations) == 2)
        assert revocations.is_revoked(identity())


async def test_the_memory_is_bounded_and_ends_what_ends_soonest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "REMEMBERED_MAX", 10)
    broker = MemoryBroker()
    now = [0.0]
    async with following(broker, clock=lambda: now[0]) as revocations:
        for number in range(10):
            await revoke(broker, Revocation(100.0 + number, token=f"t{number}"))
        await wait_until(lambda: len(revocations) == 10)
        assert not revocations.counts["forgotten"]
        await revoke(broker, Revocation(200.0, token="t10"))
        await wait_until(lambda: revocations.counts["forgotten"])
        assert revocations.is_revoked(identity(token="t10"))
        assert not revocations.is_revoked(identity(token="t0"))


def test_no_token_outlives_the_memory_of_its_revocation() -> None:
    assert REVOCATIONS.max_age >= LIFE_MAX
