"""Holds what crosses the wire against the documents that say what may (AsyncAPI, `asyncapi.yaml`).

Every listener and every talker of the tests goes by it, so each test that uses one also tests that
nothing undocumented is sent and that nothing undocumented is taken.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from jsonschema_rs import Draft7Validator, ValidationError

import chat.asyncapi
import feed.asyncapi

Document = Mapping[str, Any]
Frame = Mapping[str, Any]

_SHOWN: Final = 400
_UNKNOWN: Final = "no such message is documented"
_TAKEN: Final = "taken although it is not documented"


class UndocumentedError(AssertionError):
    """Something crossed the wire that is not in the document; ``what`` is its beginning."""

    def __init__(self, where: str, fault: str, what: object) -> None:
        self.where = where
        self.fault = fault
        self.what = repr(what)[:_SHOWN]
        super().__init__(f"{where}: {fault}: {self.what}")


class Messages:
    """What a document allows in one direction: ``action`` is ``send`` or ``receive``.

    ``channel``: of which of its channels.
    """

    def __init__(self, document: Document, action: str, *, channel: str) -> None:
        components = document["components"]
        self._payloads: dict[str, Draft7Validator] = {}
        self._headers: dict[str, Draft7Validator] = {}
        self.carries_id: set[str] = set()
        for key in _keys(document, action, channel):
            message = components["messages"][key]
            name = message["name"]
            self._payloads[name] = _validator(message["payload"], components)
            if "headers" in message:
                self._headers[name] = _validator(message["headers"], components)
                if "id" in message["headers"]["properties"]:
                    self.carries_id.add(name)

    @property
    def names(self) -> set[str]:
        """The messages' names on the wire."""
        return set(self._payloads)

    def check(self, name: str, payload: object, headers: Frame | None = None) -> None:
        """Check one message.

        Raises:
            UndocumentedError: says what of it is not in the document.
        """
        if name not in self._payloads:
            raise UndocumentedError(name, _UNKNOWN, payload)
        _check(self._payloads[name], payload, name)
        if headers is not None:
            _check(self._headers[name], headers, f"{name}, beside its data")


class EventsTold:
    """Checks the events of one stream, in their order."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self._id = ""

    def check(self, name: str, data: object, *, id_: str, retry: int | None) -> None:
        """Check one event.

        An id that is only kept from the event before (as clients do) was not sent with this one.

        Raises:
            UndocumentedError: says what of it is not in the document.
        """
        headers: dict[str, object] = {"event": name}
        if id_ and (id_ != self._id or name in self._messages.carries_id):
            headers["id"] = id_
        if retry is not None:
            headers["retry"] = retry
        self._id = id_
        self._messages.check(name, data, headers)


class FramesTold:
    """Checks the frames of one WebSocket, both ways."""

    def __init__(self, told: Messages, asked: Messages) -> None:
        self._told = told
        self._asked = asked
        self._undocumented: list[str] = []
        self._errors = 0

    def told(self, frame: Frame) -> None:
        """Check a frame from the server.

        Raises:
            UndocumentedError: says what of it is not in the document.
        """
        self._told.check(str(frame.get("type")), frame)
        self._errors += frame["type"] == "error"

    def asked(self, frame: Frame) -> None:
        """Take note of a frame to the server; tests send wrong ones, too."""
        try:
            self._asked.check(str(frame.get("type")), frame)
        except UndocumentedError as error:
            self._undocumented.append(str(error))

    def check_refusals(self) -> None:
        """Every frame that the document doesn't allow has been answered by an error.

        Raises:
            UndocumentedError: one was taken.
        """
        if len(self._undocumented) > self._errors:
            raise UndocumentedError("asked", _TAKEN, self._undocumented)


@cache
def feed_events() -> Messages:
    """What the feed's document allows of a stream's events; compiled once."""
    return Messages(feed.asyncapi.document(), "send", channel="readings")


@cache
def feed_frames() -> Messages:
    """What the feed's document allows of the frames of its WebSocket; compiled once."""
    return Messages(feed.asyncapi.document(), "send", channel="socket")


@cache
def chat_frames(action: str) -> Messages:
    """What chat's document allows; compiled once."""
    return Messages(chat.asyncapi.document(), action, channel="socket")


def events_told() -> EventsTold:
    """A checker for a new stream."""
    return EventsTold(feed_events())


def frames_told() -> FramesTold:
    """A checker for a new WebSocket."""
    return FramesTold(chat_frames("send"), chat_frames("receive"))


def _keys(document: Document, action: str, channel: str) -> list[str]:
    """The messages of a channel's operations of this kind, by their names in the document."""
    return [
        message["$ref"].rpartition("/")[2]
        for operation in document["operations"].values()
        if operation["action"] == action and operation["channel"]["$ref"] == f"#/channels/{channel}"
        for message in operation["messages"]
    ]


def _validator(schema: Document, components: Document) -> Draft7Validator:
    # The schemas' references are to the document's root. Beside a $ref draft 7 looks at nothing.
    root = {"allOf": [schema], "components": {"schemas": components["schemas"]}}
    return Draft7Validator(json.loads(json.dumps(root)))


def _check(validator: Draft7Validator, value: object, what: str) -> None:
    try:
        validator.validate(value)
    except ValidationError as error:
        path = "/".join(str(part) for part in error.instance_path)
        where = f"{what} at /{path}"
        raise UndocumentedError(where, error.message[:_SHOWN], value) from None
