"""What every broker must do: one suite for the fake and for the real server."""

import asyncio
from datetime import timedelta

import pytest

from realtime.broker import Broker, Delivery, StreamSpec
from realtime.errors import BrokerError, StreamMissingError
from realtime.mailbox import SIZE
from realtime.testing.waiting import wait_until

SPEC = StreamSpec(
    name="CONTRACT",
    subjects=("contract.>",),
    republish_prefix="live.",
    max_age=timedelta(hours=1),
    max_bytes=10 * 1024 * 1024,
    duplicate_window=timedelta(minutes=2),
)

ONE_TOKEN = StreamSpec(
    name="ONE_TOKEN",
    subjects=("onetoken.*",),
    republish_prefix="live.",
    max_age=timedelta(hours=1),
    max_bytes=None,
    duplicate_window=timedelta(minutes=2),
)


async def publish_many(broker: Broker, count: int, *, subject: str = "contract.a") -> None:
    """Store ``count`` messages whose payloads count from 1."""
    await asyncio.gather(
        *(
            broker.publish(subject, str(number).encode(), message_id=f"{subject}:{number}")
            for number in range(1, count + 1)
        )
    )


class BrokerContract:
    """Subclass it and give the fixture ``broker`` a connected broker without streams."""

    async def test_a_stream_is_created_once(self, broker: Broker) -> None:
        """Creating again changes nothing."""
        first = await broker.ensure_stream(SPEC)
        await broker.publish("contract.a", b"1", message_id="1")
        second = await broker.ensure_stream(SPEC)
        assert first.last == 0
        assert second.epoch == first.epoch
        assert (second.first, second.last) == (1, 1)

    async def test_headers_go_along_and_decide_nothing(self, broker: Broker) -> None:
        """Live, and when it is read again; a second try with others changes nothing."""
        await broker.ensure_stream(SPEC)
        live: list[Delivery] = []
        async with broker.listen(SPEC, live.append):
            for said in ("first", "second"):
                headers = {"X-Request-Id": said, "Nats-Msg-Id": "not this"}
                await broker.publish("contract.a", b"1", message_id="one", headers=headers)
            await wait_until(lambda: live)
        (stored,) = await broker.read(SPEC.name, after=0, limit=10)
        for delivery in (live[0], stored):
            assert delivery.headers["X-Request-Id"] == "first"
            assert delivery.headers["Nats-Msg-Id"] == "one"
        assert len(live) == 1

    async def test_racing_replicas_agree_on_one_stream(self, broker: Broker) -> None:
        """Many creations at once give one epoch."""
        states = await asyncio.gather(*(broker.ensure_stream(SPEC) for _ in range(8)))
        assert len({state.epoch for state in states}) == 1

    async def test_a_stream_that_is_missing_is_named(self, broker: Broker) -> None:
        """Neither an empty answer nor a time-out."""
        with pytest.raises(StreamMissingError):
            await broker.stream_state("NOWHERE")

    async def test_publishing_to_no_stream_is_an_error(self, broker: Broker) -> None:
        """Nothing is stored, and it is said."""
        await broker.ensure_stream(SPEC)
        with pytest.raises(BrokerError):
            await broker.publish("elsewhere.a", b"x", message_id="1")

    async def test_the_same_id_is_stored_once(self, broker: Broker) -> None:
        """A retry gets the position of the first."""
        await broker.ensure_stream(SPEC)
        first = await broker.publish("contract.a", b"x", message_id="same")
        again = await broker.publish("contract.a", b"x", message_id="same")
        assert (first.duplicate, again.duplicate) == (False, True)
        assert again.offset == first.offset
        assert (await broker.stream_state(SPEC.name)).last == 1

    async def test_what_is_stored_is_heard_live_in_order(self, broker: Broker) -> None:
        """With subject, payload, offset and time as stored."""
        await broker.ensure_stream(SPEC)
        heard: list[Delivery] = []
        async with broker.listen(SPEC, heard.append):
            await publish_many(broker, 20)
            await wait_until(lambda: len(heard) == 20)
        assert [delivery.offset for delivery in heard] == list(range(1, 21))
        assert {delivery.subject for delivery in heard} == {"contract.a"}
        assert heard == await broker.read(SPEC.name, after=0, limit=100)

    async def test_a_stream_over_a_single_wildcard_is_heard_live(self, broker: Broker) -> None:
        """``*`` needs other words in the server's republish rule than ``>``."""
        await broker.ensure_stream(ONE_TOKEN)
        heard: list[Delivery] = []
        async with broker.listen(ONE_TOKEN, heard.append):
            await broker.publish("onetoken.a", b"x", message_id="1")
            await wait_until(lambda: heard)
        assert [(delivery.subject, delivery.offset) for delivery in heard] == [("onetoken.a", 1)]
        again = await broker.ensure_stream(ONE_TOKEN)
        assert (again.first, again.last) == (1, 1)

    async def test_a_listener_that_raises_hears_the_next_one(self, broker: Broker) -> None:
        """One bad delivery does not end the reading."""
        await broker.ensure_stream(SPEC)
        heard: list[int] = []

        def hear(delivery: Delivery) -> None:
            heard.append(delivery.offset)
            if delivery.offset == 1:
                raise ValueError

        async with broker.listen(SPEC, hear):
            await publish_many(broker, 3)
            await wait_until(lambda: heard == [1, 2, 3])

    async def test_reading_gives_a_page_after_an_offset(self, broker: Broker) -> None:
        """Limited, in order, and empty at the end."""
        await broker.ensure_stream(SPEC)
        await publish_many(broker, 30)
        page = await broker.read(SPEC.name, after=10, limit=5)
        assert [delivery.offset for delivery in page] == [11, 12, 13, 14, 15]
        assert await broker.read(SPEC.name, after=30, limit=5) == []
        assert await broker.read(SPEC.name, after=10**15, limit=5) == []

    async def test_reading_an_empty_stream_gives_nothing(self, broker: Broker) -> None:
        """Neither an error nor a wait."""
        await broker.ensure_stream(SPEC)
        assert await broker.read(SPEC.name, after=0, limit=5) == []
        assert await broker.latest(SPEC.name, subject="contract.>") == []
        assert await broker.read_since(SPEC.name, age=timedelta(minutes=1)) == 0

    async def test_reading_may_choose_a_subject(self, broker: Broker) -> None:
        """Plain or with wildcards."""
        await broker.ensure_stream(SPEC)
        for number, subject in enumerate(["a", "b", "a", "c.d"]):
            await broker.publish(f"contract.{subject}", b"x", message_id=str(number))
        only_a = await broker.read(SPEC.name, after=0, limit=9, subject="contract.a")
        assert [delivery.offset for delivery in only_a] == [1, 3]
        deep = await broker.read(SPEC.name, after=1, limit=9, subject="contract.*.*")
        assert [delivery.offset for delivery in deep] == [4]

    async def test_the_latest_of_each_subject(self, broker: Broker) -> None:
        """One per subject, in the order of storing."""
        await broker.ensure_stream(SPEC)
        for number, subject in enumerate(["a", "b", "a"]):
            await broker.publish(
                f"contract.{subject}", str(number).encode(), message_id=str(number)
            )
        latest = await broker.latest(SPEC.name, subject="contract.>")
        assert [(d.subject, d.payload) for d in latest] == [
            ("contract.b", b"1"),
            ("contract.a", b"2"),
        ]

    async def test_what_is_young_follows_an_offset(self, broker: Broker) -> None:
        """An age beyond the oldest message is before the first; an age of nothing is the end."""
        await broker.ensure_stream(SPEC)
        await publish_many(broker, 5)
        assert await broker.read_since(SPEC.name, age=timedelta(minutes=1)) == 0
        assert await broker.read_since(SPEC.name, age=timedelta(0)) == 5

    async def test_an_erased_message_is_gone_and_the_others_keep_their_offsets(
        self, broker: Broker
    ) -> None:
        """Erasing twice, or what never was, is no error; its id stays known."""
        await broker.ensure_stream(SPEC)
        await publish_many(broker, 5)
        for offset in (3, 3, 5, 99):
            await broker.erase(SPEC.name, offset=offset)
        left = await broker.read(SPEC.name, after=0, limit=9)
        assert [delivery.offset for delivery in left] == [1, 2, 4]
        state = await broker.stream_state(SPEC.name)
        assert (state.first, state.last) == (1, 5)
        again = await broker.publish("contract.a", b"3", message_id="contract.a:3")
        assert (again.offset, again.duplicate) == (3, True)

    async def test_the_first_offset_above_another(self, broker: Broker) -> None:
        """Over what was erased, and None at the end."""
        await broker.ensure_stream(SPEC)
        assert await broker.first_above(SPEC.name, after=0) is None
        await publish_many(broker, 5)
        await broker.erase(SPEC.name, offset=3)
        found = [await broker.first_above(SPEC.name, after=after) for after in (0, 1, 2, 4, 5, 99)]
        assert found == [1, 2, 4, 5, None, None]
        with pytest.raises(StreamMissingError):
            await broker.first_above("NOWHERE", after=0)

    async def test_a_new_incarnation_is_agreed_on(self, broker: Broker) -> None:
        """Replicas that saw the same rollback get one new epoch; a later call starts another."""
        old = await broker.ensure_stream(SPEC)
        states = [await broker.start_incarnation(SPEC.name, seen=old.incarnation) for _ in range(3)]
        assert len({state.epoch for state in states}) == 1
        assert states[0].epoch != old.epoch
        assert (await broker.ensure_stream(SPEC)).epoch == states[0].epoch
        later = await broker.start_incarnation(SPEC.name, seen=states[0].incarnation)
        assert later.epoch not in {old.epoch, states[0].epoch}

    async def test_what_is_broadcast_is_heard_by_all_in_order(self, broker: Broker) -> None:
        """Each hearer gets what its pattern matches, the sender's own included."""
        first: list[tuple[str, bytes]] = []
        second: list[tuple[str, bytes]] = []
        async with (
            broker.hear("gossip.*", lambda subject, said: first.append((subject, said))),
            broker.hear("gossip.b", lambda subject, said: second.append((subject, said))),
        ):
            for subject in ("gossip.a", "gossip.b", "gossip.a.deep", "other.b", "gossip.b"):
                await broker.broadcast(subject, subject.encode())
            await wait_until(lambda: (len(first), len(second)) == (3, 2))
        assert [said for _, said in first] == [b"gossip.a", b"gossip.b", b"gossip.b"]
        assert [subject for subject, _ in second] == ["gossip.b", "gossip.b"]

    async def test_nothing_broadcast_is_stored_or_heard_later(self, broker: Broker) -> None:
        """Who comes after it doesn't hear it, and who has left neither."""
        await broker.ensure_stream(SPEC)
        heard: list[bytes] = []
        await broker.broadcast("gossip.a", b"early")
        async with broker.hear("gossip.*", lambda _, said: heard.append(said)):
            await broker.broadcast("gossip.a", b"now")
            await wait_until(lambda: heard)
        await broker.broadcast("gossip.a", b"late")
        async with broker.hear("gossip.*", lambda _, said: heard.append(said)):
            await broker.broadcast("gossip.a", b"last")
            await wait_until(lambda: heard[-1:] == [b"last"])
        assert heard == [b"now", b"last"]
        assert (await broker.stream_state(SPEC.name)).last == 0

    async def test_a_hearer_that_falls_behind_loses_the_oldest(self, broker: Broker) -> None:
        """While this loop is busy nothing is handed over, and only so much is kept."""
        heard: list[bytes] = []
        async with broker.hear("gossip.*", lambda _, said: heard.append(said)) as box:
            for number in range(SIZE + 10):
                box.put("gossip.a", str(number).encode())
            assert box.dropped == 10
            await wait_until(lambda: len(heard) == SIZE)
        assert heard[0] == b"10"

    async def test_one_message_that_fails_its_hearer_is_not_the_last(self, broker: Broker) -> None:
        """The hearing goes on."""
        heard: list[bytes] = []

        def hear(_: str, said: bytes) -> None:
            if said == b"bad":
                raise ValueError
            heard.append(said)

        async with broker.hear("gossip.*", hear):
            await broker.broadcast("gossip.a", b"bad")
            await broker.broadcast("gossip.a", b"good")
            await wait_until(lambda: heard == [b"good"])
