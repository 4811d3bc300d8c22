"""Who gets which readings, over real HTTP: tokens, cookies, tickets, expiry, revocation."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest

from realtime.contracts import Record, encode_pack
from realtime.identity.carriers import COOKIE
from realtime.identity.errors import Denial
from realtime.identity.revocation import Revocation, revoke
from realtime.identity.watch import EndReason
from realtime.subjects import sensor_subject
from realtime.testing import Issuer, MemoryBroker, wait_until
from systemtests.inprocess import RunningFeed, running_feed
from systemtests.listener import listening

RunFeed = Callable[..., AbstractAsyncContextManager[RunningFeed]]
SCOPE = "sensors:bench/> sensors:*/public"
WARNING = timedelta(seconds=30)


@pytest.fixture
def broker() -> MemoryBroker:
    return MemoryBroker()


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path)


@pytest.fixture(params=["direct", "portable"])
def run_feed(request: pytest.FixtureRequest, issuer: Issuer) -> RunFeed:
    """Every test holds for streams that write to the transport, and for those that can't."""
    return partial(running_feed, direct=request.param == "direct", **issuer.settings)


@pytest.fixture
async def feed(run_feed: RunFeed, broker: MemoryBroker) -> AsyncIterator[RunningFeed]:
    async with run_feed(broker) as running:
        yield running


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def ask(feed: RunningFeed, path: str, **options: Any) -> httpx2.Response:
    async with httpx2.AsyncClient(base_url=feed.url, trust_env=False) as client:
        return await client.request(options.pop("method", "GET"), path, **options)


async def ticket(feed: RunningFeed, token: str) -> str:
    answer = await ask(feed, "/tickets", method="POST", headers=bearer(token))
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["expires_in"] == 30
    return str(answer.json()["ticket"])


async def publish(broker: MemoryBroker, *names: str, value: float = 1.0) -> None:
    for name in names:
        pack = encode_pack([Record(n=name, v=value, t=time.time())])
        await broker.publish(sensor_subject(name), pack, message_id=f"{name}{time.monotonic()}")


def names(records: list[dict[str, Any]]) -> list[str]:
    return [record["n"] for record in records]


@pytest.mark.parametrize("path", ["/readings", "/readings/latest", "/sensors"])
async def test_without_a_good_token_nothing_is_shown(
    feed: RunningFeed, issuer: Issuer, path: str
) -> None:
    answer = await ask(feed, path)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"].startswith("Bearer")
    for token, reason in (
        (issuer.token(aud="chat"), "audience"),
        (issuer.token(exp=1), "expired"),
        ("x.y.z", "malformed"),
        ("\xe9\xff.y.z", "malformed"),
    ):
        headers = [(b"Authorization", b"Bearer " + token.encode("latin-1"))]
        answer = await ask(feed, path, headers=headers)
        assert answer.status_code == 401
        assert (answer.json()["code"], answer.json()["reason"]) == ("bad_token", reason)
    answer = await ask(feed, path, method="HEAD") if path == "/readings" else answer
    assert answer.status_code == 401
    assert feed.feed.gate.refused[Denial.MISSING] >= 1


@pytest.mark.parametrize("path", ["/readings", "/readings/latest"])
async def test_a_filter_outside_of_the_scope_is_refused_by_name(
    feed: RunningFeed, issuer: Issuer, path: str
) -> None:
    headers = bearer(issuer.token("ada", SCOPE))
    for outside in ("attic/temperature", ">", "*/temperature", "*/*"):
        answer = await ask(feed, path, params={"sensor": ["bench/x", outside]}, headers=headers)
        body = answer.json()
        assert (answer.status_code, body["code"], body["outside"]) == (403, "forbidden", outside)
    answer = await ask(feed, path, headers=bearer(issuer.token("ada", "rooms:*")))
    assert (answer.status_code, answer.json()["outside"]) == (403, ">")


async def test_a_scope_holds_for_snapshot_live_replay_latest_and_list(
    feed: RunningFeed, broker: MemoryBroker, issuer: Issuer
) -> None:
    headers = bearer(issuer.token("ada", SCOPE))
    seen, hidden = ["bench/a", "attic/public"], ["attic/secret", "attic/bench"]
    await publish(broker, *seen, *hidden)
    await wait_until(lambda: feed.feed.fanout.hub.flushed == 4)
    async with listening(feed.readings, headers=headers) as live:
        await wait_until(lambda: live.of("snapshot"))
        assert names(live.of("snapshot")[0].data) == sorted(seen)
        begin = live.last_id
        await publish(broker, *hidden, *seen)
        await wait_until(lambda: len(live.records) == 2)
        assert names(live.records) == seen
    async with listening(feed.readings, headers=headers, last_event_id=begin) as again:
        await wait_until(lambda: len(again.records) == 2)
        assert again.hello["resumed"] is True
        assert names(again.records) == seen
    latest = await ask(feed, "/readings/latest", headers=headers)
    assert names(latest.json()) == sorted(seen)
    listed = await ask(feed, "/sensors", headers=headers)
    assert names(listed.json()["sensors"]) == sorted(seen)


async def test_a_scope_holds_for_what_is_replayed_from_the_stream(
    run_feed: RunFeed, broker: MemoryBroker, issuer: Issuer
) -> None:
    async with run_feed(broker, ring_entries=2) as feed:
        await publish(broker, "bench/a")
        await wait_until(lambda: feed.feed.fanout.hub.flushed == 1)
        epoch = feed.feed.fanout.hub.epoch
        await publish(broker, *["attic/secret", "bench/b"] * 10)
        await wait_until(lambda: feed.feed.fanout.hub.flushed == 21)
        headers = bearer(issuer.token("ada", SCOPE))
        position = f"{epoch}-1"
        async with listening(feed.readings, headers=headers, last_event_id=position) as again:
            await wait_until(lambda: len(again.records) == 10)
            assert set(names(again.records)) == {"bench/b"}


async def test_a_wider_token_is_not_told_that_nothing_changed(
    feed: RunningFeed, broker: MemoryBroker, issuer: Issuer
) -> None:
    await publish(broker, "bench/a", "attic/secret")
    await wait_until(lambda: feed.feed.fanout.hub.flushed == 2)
    narrow, wide = (bearer(issuer.token("ada", s)) for s in (SCOPE, "sensors:>"))
    first = await ask(feed, "/readings/latest", headers=narrow)
    seen = {"If-None-Match": first.headers["etag"]}
    assert "private" in first.headers["cache-control"]
    assert (await ask(feed, "/readings/latest", headers={**narrow, **seen})).status_code == 304
    wider = await ask(feed, "/readings/latest", headers={**wide, **seen})
    assert len(wider.json()) == 2


async def test_all_who_may_see_the_same_share_one_channel(
    feed: RunningFeed, issuer: Issuer
) -> None:
    tokens = [issuer.token(user, SCOPE) for user in ("ada", "bob", "eve")]
    async with (
        listening(feed.readings, headers=bearer(tokens[0])),
        listening(feed.readings, headers=bearer(tokens[1])),
        listening(feed.readings, headers=bearer(tokens[2])) as last,
    ):
        await wait_until(lambda: last.events)
        assert len(feed.feed.fanout.hub.channels) == 1


async def test_a_ticket_opens_one_stream_on_one_replica(
    run_feed: RunFeed, broker: MemoryBroker, issuer: Issuer
) -> None:
    async with run_feed(broker) as one, run_feed(broker) as two:
        given = await ticket(one, issuer.token("ada", SCOPE))
        async with listening(two.readings, params={"ticket": given}) as listener:
            await wait_until(lambda: listener.events)
            assert listener.hello["resumed"] is False
        for replica in (one, two):
            answer = await ask(replica, "/readings", params={"ticket": given})
            assert (answer.status_code, answer.json()["reason"]) == (401, "ticket")


async def test_a_ticket_that_is_too_old_opens_nothing(
    run_feed: RunFeed, broker: MemoryBroker, issuer: Issuer
) -> None:
    async with run_feed(broker, ticket_life=timedelta(milliseconds=1)) as feed:
        answer = await ask(feed, "/tickets", method="POST", headers=bearer(issuer.token()))
        given = {"ticket": answer.json()["ticket"]}

        async def too_old() -> bool:
            return (await ask(feed, "/readings/latest", params=given)).status_code == 401

        await wait_until(too_old)


async def test_a_cookie_needs_a_page_of_ours(feed: RunningFeed, issuer: Issuer) -> None:
    cookie = {"Cookie": f"{COOKIE}={issuer.token('ada', SCOPE)}"}
    for headers in ({"Origin": feed.url}, {"Sec-Fetch-Site": "same-origin"}):
        async with listening(feed.readings, headers={**cookie, **headers}) as listener:
            await wait_until(lambda: listener.events)
            assert listener.status == 200
    host = feed.url.removeprefix("http://")
    for origin in ("null", f"{feed.url}.evil", f"http://evil{host}", f"http://{host}@evil", ""):
        for path, method in (("/readings", "GET"), ("/sensors", "GET"), ("/tickets", "POST")):
            answer = await ask(feed, path, method=method, headers={**cookie, "Origin": origin})
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden_origin")
    assert (await ask(feed, "/readings", headers=cookie)).status_code == 403


async def test_a_user_has_so_many_streams_and_none_is_taken_away(
    run_feed: RunFeed, broker: MemoryBroker, issuer: Issuer
) -> None:
    async with run_feed(broker, connections_per_user=2) as feed:
        ada = bearer(issuer.token("ada", SCOPE))
        async with (
            listening(feed.readings, headers=ada) as one,
            listening(feed.readings, headers=bearer(issuer.token("ada", SCOPE))) as two,
        ):
            await wait_until(lambda: one.events and two.events)
            async with listening(feed.readings, headers=ada) as third:
                await wait_until(lambda: third.ended)
                assert third.of("busy")[0].data["reason"] == "per_user"
            answer = await ask(feed, "/readings", headers={**ada, "Prefer": "status"})
            assert (answer.status_code, answer.json()["code"]) == (503, "per_user")
            async with listening(feed.readings, headers=bearer(issuer.token("bob", SCOPE))) as bob:
                await wait_until(lambda: bob.of("snapshot"))
            assert not one.ended
            assert not two.ended
        await wait_until(lambda: not feed.feed.gate.watch)
        async with listening(feed.readings, headers=ada) as later:
            await wait_until(lambda: later.of("snapshot"))


async def test_a_stream_is_warned_and_ends_when_its_token_does(
    run_feed: RunFeed, broker: MemoryBroker, issuer: Issuer
) -> None:
    async with run_feed(broker, expiry_warning=timedelta(seconds=1)) as feed:
        token = issuer.token("ada", SCOPE, exp=int(time.time()) + 4)
        stays = issuer.token("bob", SCOPE)
        async with (
            listening(feed.readings, headers=bearer(token)) as ada,
            listening(feed.readings, headers=bearer(stays)) as bob,
        ):
            await wait_until(lambda: ada.ended, what="the end at the expiry")
            assert ada.names == ["hello", "snapshot", "expiring", "expired"]
            assert 0 < ada.of("expiring")[0].data["in_ms"] <= 1_000
            assert ada.of("expired")[0].data == {"reason": "expired"}
            assert ada.error is None
            assert not bob.ended
        answer = await ask(feed, "/readings", headers=bearer(token))
        assert (answer.status_code, answer.json()["reason"]) == (401, "expired")
        assert feed.feed.gate.watch.ended[EndReason.EXPIRED] == 1


async def test_a_revocation_ends_streams_on_every_replica_within_two_seconds(
    run_feed: RunFeed, broker: MemoryBroker, issuer: Issuer
) -> None:
    async with run_feed(broker) as one, run_feed(broker) as two:
        ada, bob = issuer.token("ada", SCOPE), issuer.token("bob", SCOPE)
        async with (
            listening(one.readings, headers=bearer(ada)) as here,
            listening(two.readings, headers=bearer(ada)) as there,
            listening(two.readings, headers=bearer(bob)) as other,
        ):
            await wait_until(lambda: all(x.of("snapshot") for x in (here, there, other)))
            now = time.time()
            await revoke(broker, Revocation(now + 3600, user="ada", before=now))
            await wait_until(lambda: here.ended and there.ended, within=2.0)
            assert here.of("expired")[0].data == {"reason": "revoked"}
            assert not other.ended
        async with run_feed(broker) as late:
            for replica in (one, two, late):
                answer = await ask(replica, "/readings", headers=bearer(ada))
                assert (answer.status_code, answer.json()["reason"]) == (401, "revoked")


async def test_a_stream_that_reads_nothing_is_not_waited_for(
    run_feed: RunFeed, broker: MemoryBroker, issuer: Issuer
) -> None:
    async with run_feed(broker, gzip=False) as feed:
        async with listening(feed.readings, headers=bearer(issuer.token("ada", SCOPE))) as ada:
            await wait_until(lambda: ada.of("snapshot"))
            (entered,) = feed.feed.gate.watch._by["user", "ada"]
            sink = entered.holder._sink  # type: ignore[attr-defined]
            sink.full = True
            await revoke(broker, Revocation(time.time() + 60, user="ada", before=time.time()))
            await wait_until(lambda: sink.aborted)
        await wait_until(lambda: not feed.feed.gate.watch)


async def test_while_nobody_can_be_told_apart_a_page_is_asked_to_come_back(
    run_feed: RunFeed, broker: MemoryBroker, issuer: Issuer
) -> None:
    broker.go_down()
    async with run_feed(broker, wait_ready=False) as feed:
        feed.feed.health.started = True
        headers = bearer(issuer.token("ada", SCOPE))
        async with listening(feed.readings, headers=headers) as listener:
            await wait_until(lambda: listener.ended)
            assert listener.of("busy")[0].data["reason"] == "identity"
        answer = await ask(feed, "/sensors", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (503, "identity_unavailable")
        assert answer.headers["retry-after"]
        broker.come_up()


async def test_guests_go_by_the_scope_they_are_given(
    run_feed: RunFeed, broker: MemoryBroker
) -> None:
    async with run_feed(broker, guest_scope="sensors:*/public") as feed:
        await publish(broker, "bench/a", "attic/public")
        await wait_until(lambda: feed.feed.fanout.hub.flushed == 2)
        assert names((await ask(feed, "/readings/latest")).json()) == ["attic/public"]
        answer = await ask(feed, "/readings/latest", params={"sensor": "bench/a"})
        assert answer.status_code == 403
        assert (await ask(feed, "/tickets", method="POST")).status_code == 401


async def test_without_settings_nothing_has_changed(broker: MemoryBroker) -> None:
    async with running_feed(broker) as feed:
        await publish(broker, "bench/a")
        async with listening(feed.readings, params={"ticket": "whatever"}) as listener:
            await wait_until(lambda: listener.events)
        assert (await ask(feed, "/tickets", method="POST")).status_code == 404
        assert (await ask(feed, "/sensors", headers=bearer("x"))).status_code == 200
