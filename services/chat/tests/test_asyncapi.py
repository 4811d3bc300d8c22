"""The document of the WebSocket: valid, complete, and what is served."""

import copy
from typing import Any, get_args

import msgspec
import pytest

from chat.asyncapi import ASKED, TOLD, document
from chat.client_frames import ClientFrame, decode_frame
from chat.protocol import ServerFrame, encode_frame
from chat.testing import MemoryHistory
from realtime.testing import MemoryBroker
from systemtests.documents import faults_of_asyncapi, read_asyncapi, unused_components
from systemtests.running_chat import running_chat
from systemtests.talker import talking
from systemtests.wire import FramesTold, Messages, UndocumentedError

FRAMES = [msgspec.json.decode(encode_frame(message.examples[0])) for message in TOLD]  # type: ignore[arg-type]


def both_ways(document: dict[str, Any]) -> tuple[Messages, Messages]:
    """What the document allows to be told and to be asked."""
    told = Messages(document, "send", channel="socket")
    return told, Messages(document, "receive", channel="socket")


def test_the_document_is_valid_asyncapi_and_says_nothing_of_nothing() -> None:
    assert faults_of_asyncapi(document()) == []
    assert unused_components(document()) == set()


def test_every_frame_of_the_code_is_documented_and_the_other_way_round() -> None:
    assert {message.payload for message in TOLD} == set(get_args(ServerFrame))
    assert {message.payload for message in ASKED} == set(get_args(ClientFrame))
    for operation in document()["operations"].values():
        assert operation.get("reply", {"messages": True})["messages"]


def test_examples_are_what_they_are_examples_of() -> None:
    told, asked = (
        Messages(document(), "send", channel="socket"),
        Messages(document(), "receive", channel="socket"),
    )
    assert len(FRAMES) == len(told.names)
    for frame in FRAMES:
        told.check(frame["type"], frame)
    for message in ASKED:
        frame = msgspec.to_builtins(message.examples[0])
        asked.check(message.name, frame)
        assert decode_frame(msgspec.json.encode(frame).decode()) == message.examples[0]


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame["type"])
def test_a_field_that_is_taken_out_of_the_document_is_missed(frame: dict[str, Any]) -> None:
    for name in frame:
        less = copy.deepcopy(document())
        for schema in less["components"]["schemas"].values():
            if schema.get("properties", {}).pop(name, None) and name in schema["required"]:
                schema["required"].remove(name)
        with pytest.raises(UndocumentedError):
            Messages(less, "send", channel="socket").check(frame["type"], frame)


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame["type"])
def test_a_frame_that_is_taken_out_of_the_document_is_missed(frame: dict[str, Any]) -> None:
    less = copy.deepcopy(document())
    told = less["operations"]["tell_socket"]
    told["messages"] = [
        one
        for one in told["messages"]
        if one["$ref"].rpartition("/")[2].removesuffix("Told") != frame["type"]
    ]
    with pytest.raises(UndocumentedError):
        Messages(less, "send", channel="socket").check(frame["type"], frame)


def test_a_frame_to_the_server_that_is_not_documented_has_to_be_refused() -> None:
    told, asked = (
        Messages(document(), "send", channel="socket"),
        Messages(document(), "receive", channel="socket"),
    )
    frames = FramesTold(told, asked)
    frames.asked({"type": "join", "room": "lobby"})
    frames.check_refusals()
    frames.asked({"type": "join", "room": "lobby", "loudly": True})
    with pytest.raises(UndocumentedError):
        frames.check_refusals()
    frames.told({"type": "error", "code": "bad_frame", "message": "m", "retryable": False})
    frames.check_refusals()


async def test_it_is_served(broker: MemoryBroker, history: MemoryHistory) -> None:
    async with running_chat(broker, history) as running:
        assert await read_asyncapi(running.url) == document()


async def test_a_conversation_fails_its_test_where_the_document_lacks_a_field(
    broker: MemoryBroker, history: MemoryHistory
) -> None:
    less = copy.deepcopy(document())
    del less["components"]["schemas"]["Ack"]["properties"]["duplicate"]
    less["components"]["schemas"]["Ack"]["required"].remove("duplicate")
    wire = FramesTold(
        Messages(less, "send", channel="socket"), Messages(less, "receive", channel="socket")
    )
    async with running_chat(broker, history) as running:
        with pytest.raises(UndocumentedError, match="duplicate"):
            await _converse(running.socket, wire)


async def _converse(url: str, wire: FramesTold) -> None:
    async with talking(url) as ada:
        ada.wire = wire
        await ada.join()
        await ada.post("c1")
