"""What replicas tell each other by core NATS: presence and typing, ephemeral, never stored.

Whoever may publish on these subjects may say anything: what is not exactly what we say is counted
and dropped.
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Final, TypeVar

import msgspec
import structlog

from chat.batches import NAMES_TOLD
from chat.presence import Told
from realtime.broker import Broker
from realtime.subjects import is_token
from realtime.telemetry import Sampler

PRESENCE: Final = "presence."
TYPING: Final = "typing."
PAYLOAD_BYTES: Final = 16 * 1024
"""Twice what the longest names make."""
_COUNT_MAX: Final = 10_000_000

log: structlog.stdlib.BoundLogger = structlog.get_logger()

_Token = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\Z")]
_Names = Annotated[list[_Token], msgspec.Meta(max_length=NAMES_TOLD)]


class Kind(StrEnum):
    """What an announcement is about: a metric's label."""

    PRESENCE = "presence"
    TYPING = "typing"


class _Presence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    replica: _Token
    joined: _Names
    left: _Names
    count: Annotated[int, msgspec.Meta(ge=0, le=_COUNT_MAX)]


class _Typing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    replica: _Token
    user: _Token


_S = TypeVar("_S", _Presence, _Typing)

_presence_decoder = msgspec.json.Decoder(_Presence)
_typing_decoder = msgspec.json.Decoder(_Typing)
_encoder = msgspec.json.Encoder()


class Announcements:
    """This replica's word to the others, and theirs to this one.

    ``on_told`` and ``on_typing`` (room, user) hear the others only.
    """

    def __init__(
        self,
        broker: Broker,
        *,
        on_told: Callable[[Told], None],
        on_typing: Callable[[str, str], None],
    ) -> None:
        self._broker = broker
        self._on_told = on_told
        self._on_typing = on_typing
        self._replica = secrets.token_hex(8)
        self._dropped: Callable[[], int] = lambda: 0
        self._sampler = Sampler()
        self.unreadable: Counter[Kind] = Counter()

    @property
    def dropped(self) -> int:
        """How many of the others' words this replica was too busy to hear."""
        return self._dropped()

    async def tell(self, told: Told) -> None:
        """Tell the others what happened to a room."""
        said = _Presence(
            replica=self._replica,
            joined=list(told.joined[:NAMES_TOLD]),
            left=list(told.left[:NAMES_TOLD]),
            count=told.count,
        )
        await self._broker.broadcast(PRESENCE + told.room, _encoder.encode(said))

    async def tell_typing(self, room: str, user: str) -> None:
        """Tell the others that somebody types."""
        said = _Typing(replica=self._replica, user=user)
        await self._broker.broadcast(TYPING + room, _encoder.encode(said))

    async def run(self) -> None:
        """Hear the others until cancelled."""
        async with (
            self._broker.hear(PRESENCE + "*", self._hear_presence) as presence,
            self._broker.hear(TYPING + "*", self._hear_typing) as typing,
        ):
            self._dropped = lambda: presence.dropped + typing.dropped
            await asyncio.Event().wait()

    def _hear_presence(self, subject: str, payload: bytes) -> None:
        room = subject.removeprefix(PRESENCE)
        said = self._read(_presence_decoder, Kind.PRESENCE, room, payload)
        if said is not None and said.replica != self._replica:
            self._on_told(Told(room, said.joined, said.left, said.count))

    def _hear_typing(self, subject: str, payload: bytes) -> None:
        room = subject.removeprefix(TYPING)
        said = self._read(_typing_decoder, Kind.TYPING, room, payload)
        if said is not None and said.replica != self._replica:
            self._on_typing(room, said.user)

    def _read(
        self, decoder: msgspec.json.Decoder[_S], kind: Kind, room: str, payload: bytes
    ) -> _S | None:
        if is_token(room) and len(payload) <= PAYLOAD_BYTES:
            try:
                return decoder.decode(payload)
            except (ValueError, RecursionError):
                pass
        self.unreadable[kind] += 1
        held_back = self._sampler.admit(kind)
        if held_back is not None:
            # What was wrong may quote what somebody wrote: not logged.
            log.warning("announcement_unreadable", kind=kind.value, held_back=held_back)
        return None
