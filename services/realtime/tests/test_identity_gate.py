"""Who comes in: by which carrier, from where, and what is said to the others."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog.testing
from starlette.requests import HTTPConnection

from realtime.health import Health
from realtime.identity.carriers import COOKIE
from realtime.identity.errors import Denial, IdentityError, Lack
from realtime.identity.gate import Gate, make_gate
from realtime.identity.issuing import key_set, make_key, mint
from realtime.identity.revocation import Revocation, revoke
from realtime.identity.settings import IdentitySettings
from realtime.testing import Issuer, MemoryBroker, wait_until


class Settings(IdentitySettings):
    prefix = "FEED_"


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path)


@pytest.fixture
def broker() -> MemoryBroker:
    return MemoryBroker()


@asynccontextmanager
async def running_gate(broker: MemoryBroker, **settings: Any) -> AsyncIterator[Gate]:
    gate = make_gate(Settings(nats_url="", **settings), broker, Health(), service="feed")
    tasks = [asyncio.create_task(part()) for part in gate.background]
    try:
        if gate.tokens is not None:
            tokens = gate.tokens
            await wait_until(lambda: tokens.keys.ready)
            await wait_until(tokens.revocations.tail.started.is_set)
        yield gate
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def gate(broker: MemoryBroker, issuer: Issuer) -> AsyncIterator[Gate]:
    async with running_gate(broker, **issuer.settings) as running:
        yield running


def request(*headers: tuple[str, str], query: str = "") -> HTTPConnection:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    return HTTPConnection({"type": "http", "headers": raw, "query_string": query.encode()})


def bearer(token: str) -> tuple[str, str]:
    return ("authorization", f"Bearer {token}")


def cookie(token: str) -> tuple[str, str]:
    return ("cookie", f"other=1; {COOKIE}={token}")


async def denial(gate: Gate, connection: HTTPConnection) -> Denial:
    with pytest.raises(IdentityError) as caught:
        await gate.identify(connection)
    return caught.value.denial


async def test_without_settings_everybody_is_a_guest(broker: MemoryBroker) -> None:
    async with running_gate(broker) as gate:
        for connection in (request(), request(bearer("x")), request(query="ticket=x")):
            assert (await gate.identify(connection)).is_guest
        assert not gate.background
        assert gate.guest_prefix == ""
        assert await gate.issue_ticket(request()) is None


async def test_with_tokens_one_is_needed_unless_guests_have_a_scope(
    broker: MemoryBroker, issuer: Issuer, gate: Gate
) -> None:
    assert await denial(gate, request()) is Denial.MISSING
    assert await denial(gate, request(("authorization", "Basic x"))) is Denial.MISSING
    async with running_gate(broker, **issuer.settings, guest_scope="rooms:lobby:reader") as open_:
        guest = await open_.identify(request())
        assert guest.is_guest
        assert guest.may_read("lobby")
        assert not guest.may_post("lobby")
        assert await denial(open_, request(bearer("x"))) is Denial.MALFORMED
        assert open_.guest_prefix == "guest-"


async def test_each_carrier_and_the_one_that_wins(gate: Gate, issuer: Issuer) -> None:
    ada, bob, eve = (issuer.token(user) for user in ("ada", "bob", "eve"))
    ticket = await gate.issue_ticket(request(bearer(bob)))
    origin = (("origin", "https://x.example"), ("host", "x.example"))
    everything = request(bearer(ada), cookie(eve), *origin, query=f"ticket={ticket}")
    assert (await gate.identify(everything)).user == "ada"
    assert (
        await gate.identify(request(cookie(eve), *origin, query=f"ticket={ticket}"))
    ).user == "bob"
    assert (await gate.identify(request(cookie(eve), *origin))).user == "eve"
    lower = request(("authorization", f"bearer  {ada} "))
    assert (await gate.identify(lower)).user == "ada"


async def test_two_of_one_kind_are_none(gate: Gate, issuer: Issuer) -> None:
    token = issuer.token()
    assert await denial(gate, request(bearer(token), bearer(token))) is Denial.MALFORMED
    assert await denial(gate, request(query="ticket=a&ticket=b")) is Denial.MALFORMED


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "https://app.example.evil",
        "https://evil-app.example",
        "https://app.example@evil",
        "https://app.example:8443",
        "https://app.example:443",
        "http://app.example",
        "https://APP.example",
        "https://app.example/",
        "https://app.example, https://evil.example",
        "",
    ],
)
async def test_a_cookie_is_taken_from_a_page_of_the_list_only(
    broker: MemoryBroker, issuer: Issuer, origin: str
) -> None:
    listed = {**issuer.settings, "origins": ("https://app.example",)}
    async with running_gate(broker, **listed) as gate:
        shown = cookie(issuer.token())
        good = request(shown, ("origin", "https://app.example"))
        assert (await gate.identify(good)).user == "ada"
        assert await denial(gate, request(shown, ("origin", origin))) is Denial.ORIGIN
        twice = request(shown, ("origin", "https://app.example"), ("origin", origin))
        assert await denial(gate, twice) is Denial.ORIGIN
        assert await denial(gate, request(shown)) is Denial.ORIGIN
        # A token that was put there on purpose needs no page.
        assert (await gate.identify(request(bearer(issuer.token())))).user == "ada"


async def test_a_ticket_gets_no_other_ticket(gate: Gate, issuer: Issuer) -> None:
    ticket = await gate.issue_ticket(request(bearer(issuer.token())))
    with pytest.raises(IdentityError) as caught:
        await gate.issue_ticket(request(query=f"ticket={ticket}"))
    assert caught.value.denial is Denial.TICKET
    assert (await gate.identify(request(query=f"ticket={ticket}"))).user == "ada"


async def test_a_guest_gets_no_ticket(broker: MemoryBroker, issuer: Issuer) -> None:
    async with running_gate(broker, **issuer.settings, guest_scope="rooms:*") as gate:
        with pytest.raises(IdentityError) as caught:
            await gate.issue_ticket(request())
        assert caught.value.denial is Denial.MISSING


async def test_what_is_revoked_opens_nothing_any_more(
    gate: Gate, issuer: Issuer, broker: MemoryBroker
) -> None:
    token = issuer.token(jti="t-revoked")
    ticket = await gate.issue_ticket(request(bearer(token)))
    await revoke(broker, Revocation(time.time() + 60, token="t-revoked"))
    tokens = gate.tokens
    assert tokens is not None
    await wait_until(lambda: len(tokens.revocations) == 1)
    assert await denial(gate, request(bearer(token))) is Denial.REVOKED
    assert await denial(gate, request(query=f"ticket={ticket}")) is Denial.REVOKED
    with pytest.raises(IdentityError):
        gate.verify(token)
    assert (await gate.identify(request(bearer(issuer.token())))).user == "ada"


async def test_keys_change_while_it_runs(
    broker: MemoryBroker, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.identity.key_source.PAUSE", timedelta(milliseconds=10))
    hour = {**issuer.settings, "jwks_refresh": timedelta(hours=1)}
    async with running_gate(broker, **hour) as gate:
        newer = make_key("EdDSA", kid="k2")
        issuer.jwks.write_bytes(key_set(newer))

        token = mint(newer, issuer.claims())
        assert await denial(gate, request(bearer(token))) is Denial.UNKNOWN_KEY

        async def taken() -> bool:
            with suppress(IdentityError):
                await gate.identify(request(bearer(token)))
                return True
            return False

        await wait_until(taken)
        assert await denial(gate, request(bearer(issuer.token()))) is Denial.UNKNOWN_KEY


async def test_who_cannot_be_told_apart_in_time_is_asked_to_come_back(issuer: Issuer) -> None:
    class SilentBroker(MemoryBroker):
        async def read(self, *_: Any, **__: Any) -> Any:
            await asyncio.Event().wait()

    limited = {**issuer.settings, "unauthenticated": timedelta(milliseconds=50)}
    broker = SilentBroker()
    async with running_gate(broker, **limited) as gate:
        ticket = await gate.issue_ticket(request(bearer(issuer.token())))
        with pytest.raises(IdentityError) as caught:
            await gate.identify(request(query=f"ticket={ticket}"))
        assert caught.value.denial is Denial.UNAVAILABLE
        assert caught.value.retryable
        assert str(Lack.TIME) in str(caught.value)


async def test_who_is_told_apart_in_time_comes_in_however_long_it_took(issuer: Issuer) -> None:
    class SlowBroker(MemoryBroker):
        def __init__(self) -> None:
            super().__init__()
            self.asked, self.answers = asyncio.Event(), asyncio.Event()

        async def read(self, *args: Any, **options: Any) -> Any:
            self.asked.set()
            await self.answers.wait()
            return await super().read(*args, **options)

    broker = SlowBroker()
    settings = {**issuer.settings, "unauthenticated": timedelta(minutes=5)}
    async with running_gate(broker, **settings) as gate:
        ticket = await gate.issue_ticket(request(bearer(issuer.token("ada"))))
        asking = asyncio.create_task(gate.identify(request(query=f"ticket={ticket}")))
        await broker.asked.wait()
        assert not asking.done()
        broker.answers.set()
        assert (await asking).user == "ada"


async def test_before_the_revocations_are_read_nobody_comes_in(issuer: Issuer) -> None:
    broker = MemoryBroker()
    broker.go_down()
    gate = make_gate(Settings(nats_url="", **issuer.settings), broker, Health(), service="feed")
    assert await denial(gate, request(bearer(issuer.token()))) is Denial.UNAVAILABLE


async def test_every_refusal_is_counted_and_none_shows_the_token(
    gate: Gate, issuer: Issuer
) -> None:
    broken = issuer.token()[:-9] + "AAAAAAAAA"
    tokens = [issuer.token(exp=1), issuer.token(aud="x"), broken, "secret.x.y"]
    with structlog.testing.capture_logs() as logs:
        for token in tokens:
            await denial(gate, request(bearer(token)))
            with pytest.raises(IdentityError) as caught:
                gate.verify(token)
            chain = f"{caught.value!r}{caught.value.__cause__!r}{caught.value.__context__!r}"
            assert not any(part in chain for part in token.split(".") if len(part) > 1)
    assert sum(gate.refused.values()) == 2 * len(tokens)
    assert logs
    text = repr(logs)
    assert not any(part in text for token in tokens for part in token.split(".") if len(part) > 1)
