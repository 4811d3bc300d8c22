import msgspec
import yaml

from realtime.asyncapi import Channel, Message, Service, as_yaml, asyncapi
from systemtests.documents import faults_of_asyncapi


class Ask(msgspec.Struct, tag_field="type", tag="page"):
    """Ask for a page."""

    number: int


class Page(msgspec.Struct, tag_field="type", tag="page"):
    """A page.

    In two paragraphs.
    """

    text: str


CHANNEL = Channel(
    name="socket",
    address="/ws",
    description="A socket.",
    sends=[Message(name="page", payload=Page, examples=[Page("x")])],
    receives=[Message(name="page", payload=Ask, examples=[Ask(1)], answers=["page"])],
)
DOCUMENT = asyncapi(
    Service(
        title="Books",
        version="1",
        description="Pages.",
        servers={"one": {"host": "localhost:1", "protocol": "ws"}},
        channels=[CHANNEL],
    )
)


def test_a_document_is_valid() -> None:
    assert faults_of_asyncapi(DOCUMENT) == []


def test_what_is_asked_and_told_under_one_name_are_two_messages() -> None:
    messages = DOCUMENT["components"]["messages"]
    assert {key: message["name"] for key, message in messages.items()} == {
        "page": "page",
        "pageTold": "page",
    }
    assert messages["page"]["payload"] == {"$ref": "#/components/schemas/Ask"}
    assert DOCUMENT["operations"]["page"]["reply"]["messages"] == [
        {"$ref": "#/channels/socket/messages/pageTold"}
    ]


def test_a_message_is_described_by_its_payloads_docstring() -> None:
    told = DOCUMENT["components"]["messages"]["pageTold"]
    assert told["summary"] == "A page."
    assert told["description"] == "A page.\n\nIn two paragraphs."
    assert told["examples"] == [{"payload": {"type": "page", "text": "x"}}]


def test_yaml_says_the_same_and_is_made_for_people() -> None:
    text = as_yaml(DOCUMENT)
    assert yaml.safe_load(text) == DOCUMENT
    assert b"description: |-\n" in text
    assert b"&id" not in text


def test_channels_of_one_message_keep_it_apart_and_stand_at_their_own_servers() -> None:
    other = Channel(
        name="stream",
        address="/stream",
        description="A stream.",
        sends=[Message(name="page", key="streamed", payload=Page, examples=[Page("x")])],
        servers=["two"],
    )
    servers = {
        "one": {"host": "localhost:1", "protocol": "ws"},
        "two": {"host": "localhost:1", "protocol": "http"},
    }
    document = asyncapi(
        Service(
            title="Books",
            version="1",
            description="Pages.",
            servers=servers,
            channels=[CHANNEL, other],
        )
    )
    assert faults_of_asyncapi(document) == []
    assert set(document["components"]["messages"]) == {"page", "pageTold", "streamed"}
    assert document["channels"]["stream"]["servers"] == [{"$ref": "#/servers/two"}]
    assert document["operations"]["tell_stream"]["messages"] == [
        {"$ref": "#/channels/stream/messages/streamed"}
    ]
