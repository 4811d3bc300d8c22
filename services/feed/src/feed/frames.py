"""Events of the stream as WebSocket frames: the types of what `frame_event` writes. Pure."""

from typing import Any, Final

import msgspec

from realtime.asyncapi import Message
from realtime.schemas import PositionText

_SUFFIX: Final = "Frame"


def frame_of(event: Message, *, at: str) -> Message:
    """The frame that carries an event, with ``at`` as the position of its examples.

    Its type is made from the event's, so the two transports can't come to differ.
    """
    carries_id = "id" in (event.headers or {}).get("properties", {})
    payload = _frame_type(event, carries_id=carries_id)
    place = {"id": at} if carries_id else {}
    return Message(
        name=event.name,
        key=event.name + _SUFFIX,
        payload=payload,
        examples=[payload(**place, data=example) for example in event.examples],
        description=event.description or event.payload.__doc__ or "",
    )


def _frame_type(event: Message, *, carries_id: bool) -> type[msgspec.Struct]:
    place: list[tuple[str, Any]] = [("id", PositionText)] if carries_id else []
    return msgspec.defstruct(
        event.name.capitalize() + _SUFFIX,
        [*place, ("data", event.payload)],
        namespace={"__doc__": f"The event `{event.name}` as a frame."},
        tag_field="type",
        tag=event.name,
        frozen=True,
        kw_only=True,
    )
