"""Tickets over a broker in memory: once, for seconds, on any replica."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from realtime.identity.errors import Denial, IdentityUnavailableError, TokenRefusedError
from realtime.identity.scope import parse_scope
from realtime.identity.tickets import TICKETS, Tickets
from realtime.identity.who import Identity
from realtime.testing import MemoryBroker

ADA = Identity(
    parse_scope("sensors:a/> rooms:lobby:moderator"),
    user="ada",
    expires=time.time() + 86_400,
    issued=1.0,
    token_id="t1",
)


@pytest.fixture
def broker() -> MemoryBroker:
    return MemoryBroker()


def feed(broker: MemoryBroker) -> Tickets:
    return Tickets(broker, service="feed")


async def refused(tickets: Tickets, ticket: str) -> Denial:
    with pytest.raises(TokenRefusedError) as caught:
        await tickets.redeem(ticket)
    return caught.value.denial


async def test_a_ticket_is_redeemed_once_on_whatever_replica(broker: MemoryBroker) -> None:
    one, two = feed(broker), feed(broker)
    ticket = await one.issue(ADA)
    assert await two.redeem(ticket) == ADA
    for replica in (one, two, feed(broker)):
        assert await refused(replica, ticket) is Denial.TICKET
    assert (one.issued, two.redeemed) == (1, 1)


async def test_of_many_who_race_for_a_ticket_one_gets_it(broker: MemoryBroker) -> None:
    ticket = await feed(broker).issue(ADA)
    tries = [feed(broker).redeem(ticket) for _ in range(20)]
    found = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(item, Identity) for item in found) == 1
    assert sum(isinstance(item, TokenRefusedError) for item in found) == 19


async def test_a_ticket_of_one_service_is_none_of_another(broker: MemoryBroker) -> None:
    ticket = await feed(broker).issue(ADA)
    assert await refused(Tickets(broker, service="chat"), ticket) is Denial.TICKET
    assert await feed(broker).redeem(ticket) == ADA


async def test_a_ticket_is_good_for_its_life_and_no_longer(broker: MemoryBroker) -> None:
    now = [1_000.0]
    tickets = Tickets(broker, service="feed", life=timedelta(seconds=10), clock=lambda: now[0])
    early, late = await tickets.issue(ADA), await tickets.issue(ADA)
    now[0] += 9.9
    assert (await tickets.redeem(early)).user == "ada"
    now[0] += 0.1
    assert await refused(tickets, late) is Denial.TICKET


async def test_a_ticket_does_not_outlive_its_token(broker: MemoryBroker) -> None:
    now = [1_000.0]
    tickets = Tickets(broker, service="feed", clock=lambda: now[0])
    ticket = await tickets.issue(replace(ADA, expires=1_010.0))
    now[0] = 1_010.0
    assert await refused(tickets, ticket) is Denial.EXPIRED


def test_no_ticket_lives_longer_than_the_memory_of_its_use(broker: MemoryBroker) -> None:
    tickets = Tickets(broker, service="feed", life=timedelta(hours=1))
    assert tickets.life == 30
    assert timedelta(seconds=tickets.life) < TICKETS.duplicate_window <= TICKETS.max_age


@pytest.mark.parametrize(
    "ticket", ["", "x" * 31, "x" * 33, "x" * 32, "*" * 32, ">" + "x" * 31, "é" * 32, "x" * 10**6]
)
async def test_what_was_never_issued_is_refused(broker: MemoryBroker, ticket: str) -> None:
    assert await refused(feed(broker), ticket) is Denial.TICKET
    await feed(broker).issue(ADA)
    assert await refused(feed(broker), ticket) is Denial.TICKET


async def test_the_stream_holds_no_ticket(broker: MemoryBroker) -> None:
    ticket = await feed(broker).issue(ADA)
    await feed(broker).redeem(ticket)
    for subject, payload, message_id in broker.published:
        assert ticket not in f"{subject}{payload!r}{message_id}"


async def test_a_follower_that_lags_is_asked_again(broker: MemoryBroker) -> None:
    tickets = feed(broker)
    ticket = await tickets.issue(ADA)
    broker.hide_reads = 2
    assert await tickets.redeem(ticket) == ADA


async def test_a_broker_that_is_away_is_said_so(broker: MemoryBroker) -> None:
    tickets = feed(broker)
    ticket = await tickets.issue(ADA)
    broker.go_down()
    for attempt in (tickets.issue(ADA), tickets.redeem(ticket)):
        with pytest.raises(IdentityUnavailableError):
            await attempt
    broker.come_up()
    assert await tickets.redeem(ticket) == ADA


async def test_a_use_whose_acknowledgement_is_lost_is_a_use(broker: MemoryBroker) -> None:
    tickets = feed(broker)
    ticket = await tickets.issue(ADA)
    broker.lose_acks = 1
    with pytest.raises(IdentityUnavailableError):
        await tickets.redeem(ticket)
    assert await refused(tickets, ticket) is Denial.TICKET
