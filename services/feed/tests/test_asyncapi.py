"""The document of the stream: valid, complete, and what is served."""

import copy
import inspect
import json
from collections.abc import Iterator
from datetime import timedelta

import httpx2
import msgspec
import pytest

from feed import asyncapi, events, framing
from feed.asyncapi import EVENTS, document
from feed.events import Hello
from feed.framing import ReadingsFraming, frame_event
from realtime.contracts import Record, encode_record
from realtime.framing import Gap, GapReason
from realtime.identity.watch import EndReason
from realtime.position import Position
from realtime.testing import MemoryBroker
from systemtests.documents import faults_of_asyncapi, read_asyncapi, unused_components
from systemtests.inprocess import running_feed
from systemtests.listener import Event, Listener
from systemtests.outside import parse
from systemtests.wire import EventsTold, Messages, UndocumentedError

AT = Position("e3f9c2", 7)
PACK = b"[" + encode_record(Record(n="a/b", v=1.0, t=1795343351.2)) + b"]"
FRAMING = ReadingsFraming(lambda: PACK)
ENCODED = {
    "encode_hello": framing.encode_hello(
        Hello("e3f9c2", resumed=True, heartbeat=15, server_time=1.5), AT
    ),
    "encode_status": framing.encode_status(up=False),
    "encode_drain": framing.encode_drain(1_830),
    "encode_expiring": framing.encode_expiring(timedelta(seconds=30)),
    "encode_expired": framing.encode_expired(EndReason.REVOKED),
    "encode_busy": framing.encode_busy(1_830, "full"),
}


def chunks() -> Iterator[bytes]:
    """One of everything that the feed can say."""
    yield from ENCODED.values()
    yield FRAMING.snapshot(AT)
    yield from FRAMING.frame([PACK[1:-1]], AT)
    yield from FRAMING.heartbeat(AT)
    yield from FRAMING.gap(Gap(after=AT, upto=Position("e3f9c2", 9), reason=GapReason.EVICTED))


TOLD = [parse(chunk.decode().rstrip("\n")) for chunk in chunks()]


def test_the_document_is_valid_asyncapi_and_says_nothing_of_nothing() -> None:
    assert faults_of_asyncapi(document()) == []
    assert unused_components(document()) == set()


def test_what_is_no_asyncapi_is_found() -> None:
    wrong = copy.deepcopy(document())
    wrong["operations"]["tell_readings"]["action"] = "shout"
    assert faults_of_asyncapi(wrong)
    lost = copy.deepcopy(document())
    del lost["components"]["schemas"]["Record"]
    assert faults_of_asyncapi(lost) == ["#/components/schemas/Record leads nowhere"]


def test_every_event_of_the_code_is_documented_and_the_other_way_round() -> None:
    encoders = {name for name, _ in inspect.getmembers(framing) if name.startswith("encode_")}
    ours = {name for name in encoders if getattr(framing, name).__module__ == framing.__name__}
    assert ours == set(ENCODED)
    assert {event.name for event in TOLD} == {event.name for event in EVENTS}
    structs = {
        one
        for _, one in inspect.getmembers(events, inspect.isclass)
        if issubclass(one, msgspec.Struct) and one.__module__ == events.__name__
    }
    assert structs == {event.payload for event in EVENTS if event.payload != list[Record]}


def test_all_that_the_feed_can_say_is_as_documented() -> None:
    listener = Listener()
    for event in TOLD:
        listener.take(event)
    listener.check_documented()


@pytest.mark.parametrize("event", TOLD, ids=lambda event: event.name)
def test_a_field_that_is_taken_out_of_the_document_is_missed(event: Event) -> None:
    for name in event.data[0] if isinstance(event.data, list) else event.data:
        less = copy.deepcopy(document())
        for schema in less["components"]["schemas"].values():
            if schema.get("properties", {}).pop(name, None) and name in schema["required"]:
                schema["required"].remove(name)
        with pytest.raises(UndocumentedError):
            check(less, event)


@pytest.mark.parametrize("event", TOLD, ids=lambda event: event.name)
def test_an_event_that_is_taken_out_of_the_document_is_missed(event: Event) -> None:
    less = copy.deepcopy(document())
    told = less["operations"]["tell_readings"]
    told["messages"] = [
        one for one in told["messages"] if not one["$ref"].endswith("/" + event.name)
    ]
    with pytest.raises(UndocumentedError):
        check(less, event)


@pytest.mark.parametrize(
    "record",
    [
        {"n": "a/b", "t": 1.5},
        {"n": "a/b", "v": 1.0, "vs": "x", "t": 1.5},
        {"n": "a/b", "v": None, "t": 1.5},
        {"v": 1.0, "t": 1.5},
        {"n": "a/b", "v": 1.0, "bn": "a/", "t": 1.5},
    ],
)
def test_a_record_has_a_name_and_exactly_one_value(record: dict[str, object]) -> None:
    with pytest.raises(UndocumentedError):
        Messages(document(), "send", channel="readings").check("readings", [record])


def test_an_event_without_the_id_that_it_carries_is_missed() -> None:
    with pytest.raises(UndocumentedError):
        EventsTold(Messages(document(), "send", channel="readings")).check(
            "heartbeat", {"server_time": 1.5}, id_="", retry=None
        )


def check(less: dict[str, object], event: Event) -> None:
    told = EventsTold(Messages(less, "send", channel="readings"))
    told.check(event.name, event.data, id_=event.id, retry=event.retry)


@pytest.mark.parametrize("channel", ["readings", "socket"])
def test_examples_are_what_they_are_examples_of(channel: str) -> None:
    messages = Messages(document(), "send", channel=channel)
    told = document()["channels"][channel]["messages"]
    assert len(told) == len(EVENTS)
    for key in told:
        message = document()["components"]["messages"][key]
        for example in message["examples"]:
            messages.check(message["name"], example["payload"], example.get("headers"))


def test_all_that_the_feed_can_say_is_as_documented_over_websocket_too() -> None:
    frames = Messages(document(), "send", channel="socket")
    for event in TOLD:
        at = event.id if event.name in frames_with_a_place() else None
        frame = msgspec.json.decode(frame_event(event.name, json.dumps(event.data), id_=at))
        frames.check(frame["type"], frame)
        with pytest.raises(UndocumentedError):
            frames.check(frame["type"], frame | {"retry": 1})


def frames_with_a_place() -> set[str]:
    return Messages(document(), "send", channel="readings").carries_id


def test_nothing_is_asked_over_the_websocket() -> None:
    assert Messages(document(), "receive", channel="socket").names == set()


async def test_it_is_served() -> None:
    async with running_feed(MemoryBroker()) as feed:
        assert await read_asyncapi(feed.url) == document()
        async with httpx2.AsyncClient(trust_env=False) as client:
            response = await client.get(feed.url + "/asyncapi.yaml")
        assert response.content == asyncapi.document_yaml()
