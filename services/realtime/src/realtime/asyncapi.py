"""A service's streams and sockets as an AsyncAPI 3.0 document. Pure.

The document is of the service: what it *sends* goes to clients, what it *receives* comes from them.
"""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from realtime.schemas import Schema, plain, schemas_of

MEDIA_TYPE: Final = "application/vnd.aai.asyncapi+yaml;version=3.0.0"
VERSION: Final = "3.0.0"

SECURITY: Final[Mapping[str, Schema]] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A signed token whose scope lists sensors and rooms.",
    },
    "cookie": {
        "type": "httpApiKey",
        "in": "cookie",
        "name": "__Host-airwave",
        "description": "The same token as a cookie; the Origin must be allowed then.",
    },
    "ticket": {
        "type": "httpApiKey",
        "in": "query",
        "name": "ticket",
        "description": "A ticket from POST /tickets: good once, for 30 s at most.",
    },
}
"""What may say who somebody is, where tokens are asked for; otherwise everybody is a guest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One kind of message: its ``name`` on the wire and the type of its payload.

    ``headers`` is a schema of what comes beside the payload. ``answers``: the names of the messages
    that may answer it. The description is the payload's docstring, unless one is given. ``key`` is
    its name in the document, where another channel has a message of this name.
    """

    name: str
    key: str = ""
    payload: Any
    examples: Sequence[object]
    headers: Schema | None = None
    header_examples: Mapping[str, object] = field(default_factory=dict)
    answers: Sequence[str] = ()
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """An address, what the service sends there and what it receives; at all servers or at some."""

    name: str
    address: str
    description: str
    sends: Sequence[Message]
    receives: Sequence[Message] = ()
    servers: Sequence[str] = ()
    bindings: Schema = field(default_factory=dict)
    send_bindings: Schema = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What the document is about. ``also``: structs that are only within others."""

    title: str
    version: str
    description: str
    servers: Mapping[str, Schema]
    channels: Sequence[Channel]
    also: Sequence[Any] = ()


def asyncapi(service: Service) -> dict[str, Any]:
    """The document."""
    messages = [
        (channel, message, key)
        for channel in service.channels
        for key, message in _keyed(channel).items()
    ]
    payloads = [message.payload for _, message, _ in messages]
    schemas, components = schemas_of([*payloads, *service.also])
    document = {
        "asyncapi": VERSION,
        "info": {
            "title": service.title,
            "version": service.version,
            "description": service.description,
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "servers": {
            name: {
                **server,
                "security": [_ref("components", "securitySchemes", s) for s in SECURITY],
            }
            for name, server in service.servers.items()
        },
        "channels": {channel.name: _channel(channel) for channel in service.channels},
        "operations": {
            name: operation
            for channel in service.channels
            for name, operation in _operations(channel).items()
        },
        "components": {
            "messages": {
                key: _message(message, schema)
                for (_, message, key), schema in zip(messages, schemas, strict=False)
            },
            "schemas": dict(sorted(components.items())),
            "securitySchemes": SECURITY,
        },
    }
    made: dict[str, Any] = plain(document)
    return made


def as_yaml(document: Mapping[str, Any]) -> bytes:
    """A document as people read it, in the order in which it was made."""
    text: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return text.encode()


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such."""


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def _ref(*path: str) -> Schema:
    return {"$ref": "#/" + "/".join(path)}


def _keyed(channel: Channel) -> dict[str, Message]:
    """Messages by the key that they have in the document: `history` is asked and told."""
    asked = {message.name for message in channel.receives}
    told = {message.key or _told(message.name, asked): message for message in channel.sends}
    return {message.name: message for message in channel.receives} | told


def _told(name: str, asked: set[str]) -> str:
    return name + "Told" if name in asked else name


def _channel(channel: Channel) -> Schema:
    made: Schema = {
        "address": channel.address,
        "description": channel.description,
        "messages": {key: _ref("components", "messages", key) for key in _keyed(channel)},
    }
    if channel.servers:
        made["servers"] = [_ref("servers", name) for name in channel.servers]
    return made | ({"bindings": channel.bindings} if channel.bindings else {})


def _operations(channel: Channel) -> dict[str, Schema]:
    asked = {message.name for message in channel.receives}

    def messages(names: Sequence[str]) -> list[Schema]:
        return [_ref("channels", channel.name, "messages", name) for name in names]

    told: Schema = {
        "action": "send",
        "channel": _ref("channels", channel.name),
        "summary": f"What a client of {channel.address} is told.",
        "messages": messages(
            [message.key or _told(message.name, asked) for message in channel.sends]
        ),
    }
    if channel.send_bindings:
        told["bindings"] = channel.send_bindings
    made = {f"tell_{channel.name}": told}
    for message in channel.receives:
        made[message.name] = {
            "action": "receive",
            "channel": _ref("channels", channel.name),
            "summary": _described(message).partition("\n\n")[0],
            "messages": messages([message.name]),
        }
        if message.answers:
            answers = messages([_told(name, asked) for name in message.answers])
            reply = {"channel": _ref("channels", channel.name), "messages": answers}
            made[message.name]["reply"] = reply
    return made


def _described(message: Message) -> str:
    return message.description or inspect.cleandoc(message.payload.__doc__ or "")


def _message(message: Message, schema: Schema) -> Schema:
    described = _described(message)
    made: Schema = {
        "name": message.name,
        "title": message.name,
        "summary": described.partition("\n\n")[0],
        "description": described,
        "contentType": "application/json",
    }
    if message.headers is not None:
        made["headers"] = message.headers
    made["payload"] = schema
    beside = {"headers": message.header_examples} if message.header_examples else {}
    made["examples"] = [{**beside, "payload": example} for example in message.examples]
    return made
