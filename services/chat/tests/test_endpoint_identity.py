"""Who gets a WebSocket with tokens, and for how long, over a real server."""

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect

from chat.testing import MemoryHistory, MemoryStore
from realtime.closing import EndedBy
from realtime.identity.carriers import COOKIE
from realtime.identity.errors import Denial
from realtime.identity.revocation import Revocation, revoke
from realtime.testing import Issuer, MemoryBroker, wait_until
from systemtests.running_chat import RunningChat, running_chat
from systemtests.talker import talking

RunChat = Callable[..., AbstractAsyncContextManager[RunningChat]]


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path)


@pytest.fixture(params=["direct", "portable"])
def run_chat(
    request: pytest.FixtureRequest, issuer: Issuer, broker: MemoryBroker, store: MemoryStore
) -> RunChat:
    """Every test holds for sockets that are written to directly, and for those that aren't."""

    def run(**settings: Any) -> AbstractAsyncContextManager[RunningChat]:
        history = MemoryHistory(store)
        direct = request.param == "direct"
        return running_chat(broker, history, direct=direct, **{**issuer.settings, **settings})

    return run


@pytest.fixture
async def served(run_chat: RunChat) -> AsyncIterator[RunningChat]:
    async with run_chat() as running:
        yield running


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def closed(url: str, **options: Any) -> tuple[int | None, str | None]:
    """Connect, and give what one is shown out with."""
    async with connect(url, **options) as socket:
        await socket.wait_closed()
        return socket.close_code, socket.close_reason


async def ask(running: RunningChat, method: str, path: str, **options: Any) -> httpx2.Response:
    async with httpx2.AsyncClient(base_url=running.url, trust_env=False) as client:
        return await client.request(method, path, **options)


async def ticket(running: RunningChat, token: str) -> str:
    answer = await ask(running, "POST", "/tickets", headers=bearer(token))
    return str(answer.json()["ticket"])


async def test_who_brings_no_good_token_is_shown_out_with_4500(
    served: RunningChat, issuer: Issuer
) -> None:
    assert await closed(served.socket) == (4500, "missing")
    assert await closed(served.socket + "?name=ada&ticket=x") == (4500, "ticket")
    for token, reason in (
        (issuer.token(aud="feed"), "audience"),
        (issuer.token(exp=1), "expired"),
        ("x.y.z", "malformed"),
        ("x" * 5_000, "too_large"),
    ):
        headers = bearer(token)
        assert await closed(served.socket, additional_headers=headers) == (4500, reason)
    assert served.chat.admission.connections == 0
    assert served.chat.replica.gate.refused[Denial.AUDIENCE] == 1


async def test_a_token_names_the_user(served: RunningChat, issuer: Issuer) -> None:
    token = issuer.token("ada", "rooms:lobby")
    async with talking(served.socket, token=token, name="eve") as ada:
        assert ada.user == "ada"
        assert (await ada.join())["members"] == ["ada"]
        assert (await ada.join("attic"))["code"] == "forbidden"


async def test_a_ticket_opens_one_socket_on_one_replica(run_chat: RunChat, issuer: Issuer) -> None:
    async with run_chat() as one, run_chat() as two:
        given = await ticket(one, issuer.token("ada", "rooms:*"))
        async with talking(two.socket, ticket=given) as ada:
            assert ada.user == "ada"
        for replica in (one, two):
            assert await closed(f"{replica.socket}?ticket={given}") == (4500, "ticket")


async def test_a_ticket_is_not_spent_on_a_replica_without_a_place(
    run_chat: RunChat, issuer: Issuer
) -> None:
    async with run_chat(connections=1) as full, run_chat() as free:
        async with talking(full.socket, token=issuer.token("bob")):
            given = await ticket(full, issuer.token("ada"))
            assert await closed(f"{full.socket}?ticket={given}") == (1013, "full")
        async with talking(free.socket, ticket=given) as ada:
            assert ada.user == "ada"


async def test_origins_are_exact_and_a_cookie_needs_one(run_chat: RunChat, issuer: Issuer) -> None:
    async with run_chat(origins=("https://app.example",)) as running:
        cookie = {"Cookie": f"{COOKIE}={issuer.token('ada')}"}
        good: Any = "https://app.example"
        async with connect(running.socket, origin=good, additional_headers=cookie) as socket:
            assert json.loads(await socket.recv())["user"] == "ada"
        for origin in (
            "null",
            "https://app.example.evil",
            "https://evil-app.example",
            "https://app.example@evil",
            "https://app.example:8443",
            "http://app.example",
        ):
            for headers in (cookie, bearer(issuer.token("ada"))):
                options: dict[str, Any] = {"origin": origin, "additional_headers": headers}
                assert await closed(running.socket, **options) == (4503, "origin")
        assert await closed(running.socket, additional_headers=cookie) == (4503, "origin")
        assert running.chat.replica.gate.refused == {Denial.ORIGIN: 13}
        async with talking(running.socket, token=issuer.token("ada")) as native:
            assert native.user == "ada"


async def test_a_users_connections_share_one_rate_of_posts(
    run_chat: RunChat, issuer: Issuer
) -> None:
    limits = {"posts_burst": 4, "posts_per_second": 0.001, "limit_loopback": True}
    async with run_chat(**limits) as running:
        ada, bob = (issuer.token(user, "rooms:*") for user in ("ada", "bob"))
        async with (
            talking(running.socket, token=ada) as one,
            talking(running.socket, token=ada) as two,
            talking(running.socket, token=bob) as other,
        ):
            for number, talker in enumerate((one, two, one, two)):
                assert (await talker.post(f"c{number}"))["type"] == "ack"
            for talker in (one, two):
                assert (await talker.post("more"))["code"] == "rate_limited"
            assert (await other.post("c0"))["type"] == "ack"
        async with talking(running.socket, token=ada) as three:
            assert (await three.post("more"))["code"] == "rate_limited"


async def test_a_user_has_so_many_sockets_and_none_is_taken_away(
    run_chat: RunChat, issuer: Issuer
) -> None:
    async with run_chat(connections_per_user=2) as running:
        ada = partial(issuer.token, "ada", "rooms:*")
        async with (
            talking(running.socket, token=ada()) as one,
            talking(running.socket, token=ada()) as two,
        ):
            headers = bearer(ada())
            assert await closed(running.socket, additional_headers=headers) == (1013, "per_user")
            async with talking(running.socket, token=issuer.token("bob", "rooms:*")):
                pass
            for talker in (one, two):
                assert (await talker.join())["type"] == "joined"
        await wait_until(lambda: running.chat.admission.connections == 0)
        async with talking(running.socket, token=ada()):
            assert running.chat.admission.refused["per_user"] == 1


async def test_a_socket_is_warned_and_closed_with_4511_when_its_token_ends(
    run_chat: RunChat, issuer: Issuer
) -> None:
    async with run_chat(expiry_warning=timedelta(seconds=1)) as running:
        token = issuer.token("ada", "rooms:*", exp=int(time.time()) + 2)
        async with talking(running.socket, token=token) as ada:
            await ada.join()
            (warning,) = await ada.wait_for("expiring")
            assert 0 < warning["in_ms"] <= 1_000
            assert await ada.wait_closed() == 4511
        headers = bearer(token)
        assert await closed(running.socket, additional_headers=headers) == (4500, "expired")
        assert running.chat.replica.counts.ended[EndedBy.EXPIRED] == 1
        assert running.chat.replica.rooms.members("lobby") == ([], 0)


async def test_a_refresh_goes_on_by_another_token_of_the_same_user(
    run_chat: RunChat, issuer: Issuer
) -> None:
    async with run_chat(expiry_warning=timedelta(seconds=1)) as running:
        ends = int(time.time()) + 2
        token = issuer.token("ada", "rooms:lobby rooms:attic", exp=ends)
        async with talking(running.socket, token=token) as ada:
            await ada.join("lobby")
            await ada.join("attic")
            later = issuer.claims("ada", "rooms:lobby:moderator")
            for wrong in (issuer.token("eve", "rooms:*"), issuer.token("ada", exp=1), "x.y.z"):
                refused = await ada.ask("refresh", "refreshed", token=wrong)
                assert (refused["code"], refused["retryable"]) == ("bad_token", False)
            newer = issuer.token(**{**later, "user": "ada", "sub": "ada"})
            assert await ada.ask("refresh", "refreshed", token=newer) == {
                "type": "refreshed",
                "expires": float(later["exp"]),
            }
            # What the new scope leaves out is left.
            await ada.wait_for("left")
            assert ada.all("left") == [{"type": "left", "room": "attic"}]
            assert running.chat.replica.rooms.members("attic") == ([], 0)
            await wait_until(lambda: time.time() > ends + 0.2)
            assert (await ada.post("c1"))["type"] == "ack"
            assert (await ada.post("c2", room="attic"))["code"] == "forbidden"
            assert ada.code is None


async def test_a_revocation_closes_sockets_on_every_replica_within_two_seconds(
    run_chat: RunChat, issuer: Issuer, broker: MemoryBroker
) -> None:
    async with run_chat() as one, run_chat() as two:
        gone, stays = issuer.token("ada", jti="gone"), issuer.token("ada", jti="stays")
        async with (
            talking(one.socket, token=gone) as here,
            talking(two.socket, token=gone) as there,
            talking(two.socket, token=stays) as other,
        ):
            await revoke(broker, Revocation(time.time() + 3600, token="gone"))
            await wait_until(lambda: here.code and there.code, within=2.0)
            assert (here.code, there.code, other.code) == (4500, 4500, None)
            refused = await other.ask("refresh", "refreshed", token=gone)
            assert refused["code"] == "bad_token"
        async with run_chat() as late:
            for replica in (one, late):
                headers = bearer(gone)
                said = await closed(replica.socket, additional_headers=headers)
                assert said == (4500, "revoked")


async def test_pages_of_history_are_for_who_may_read_the_room(
    served: RunningChat, issuer: Issuer
) -> None:
    async with talking(served.socket, token=issuer.token("ada", "rooms:*")) as ada:
        await ada.post("c1")
    await served.wait_projected()
    path = "/rooms/lobby/messages"
    assert (await ask(served, "GET", path)).status_code == 401
    outside = await ask(served, "GET", path, headers=bearer(issuer.token("eve", "rooms:attic")))
    assert (outside.status_code, outside.json()["code"]) == (403, "forbidden")
    inside = await ask(served, "GET", path, headers=bearer(issuer.token("eve", "rooms:*:reader")))
    assert len(inside.json()["messages"]) == 1
    given = await ticket(served, issuer.token("eve", "rooms:lobby"))
    by_ticket = [await ask(served, "GET", path, params={"ticket": given}) for _ in range(2)]
    assert [answer.status_code for answer in by_ticket] == [200, 401]


async def test_while_nobody_can_be_told_apart_one_is_asked_to_come_back(
    run_chat: RunChat, issuer: Issuer, broker: MemoryBroker
) -> None:
    broker.go_down()
    async with run_chat(wait_ready=False) as running:
        running.chat.health.started = True
        headers = bearer(issuer.token("ada"))
        assert await closed(running.socket, additional_headers=headers) == (1013, "identity")
        assert running.chat.admission.connections == 0
        broker.come_up()


async def test_guests_have_names_that_no_user_has(run_chat: RunChat, issuer: Issuer) -> None:
    async with run_chat(guest_scope="rooms:*:reader rooms:porch") as running:
        # A session of another replica brings its name along: not that of a user.
        session = "x" * 22 + ".ada"
        async with (
            talking(running.socket, name="ada") as one,
            talking(running.socket, session=session) as two,
            talking(running.socket, token=issuer.token("guest-ada", "rooms:*")) as user,
        ):
            assert one.user == "guest-ada"
            assert two.user.startswith("guest-ada-")
            assert user.user.startswith("user-guest-ada-")
            assert (await one.post("c1"))["code"] == "forbidden"
            assert (await one.post("c1", room="porch"))["type"] == "ack"
