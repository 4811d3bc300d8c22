"""Writes presence and typing to a room's members: encoded once, to those at the head."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from chat.batches import Batches
from chat.presence import Told
from chat.protocol import PresenceTold, TypingTold, encode_frame
from chat.typists import Typists
from realtime.fanout import Hub

TICK_SECONDS: Final = 0.05
"""How often due frames are looked for while any are waiting."""


class Bulletin:
    """What the rooms of this replica are told besides messages. Nothing of it has a position.

    A member who is behind misses frames: a socket that is full is not filled further with what the
    next frame tells anew.
    """

    def __init__(self, hub: Hub, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._hub = hub
        self._clock = clock
        self._batches = Batches()
        self._typists = Typists()
        self._wake = asyncio.Event()
        self.presence_frames = 0
        self.typing_frames = 0

    @property
    def throttled(self) -> int:
        """How often somebody's typing was not passed on."""
        return self._typists.throttled

    def note(self, told: Told) -> None:
        """Tell a room's members within the window, if anybody is here to be told."""
        if told.room in self._hub.channels:
            self._batches.note(told, now=self._clock())
            self._wake.set()

    def typing(self, room: str, user: str) -> bool:
        """Tell a room's members that somebody types; False if that is too soon."""
        if room not in self._hub.channels:
            return False
        admitted = self._typists.admit(room, user, now=self._clock())
        if admitted:
            self._wake.set()
        return admitted

    def forget(self, room: str) -> None:
        """Drop what is known of a room that nobody here is in any more."""
        self._batches.forget(room)

    async def run(self) -> None:
        """Write frames as they become due, until cancelled."""
        while True:
            self.write_due()
            if len(self._batches) or len(self._typists):
                await asyncio.sleep(TICK_SECONDS)
            else:
                self._wake.clear()
                await self._wake.wait()

    def write_due(self) -> None:
        """Write what is due now."""
        now = self._clock()
        for presence in self._batches.take_due(now):
            self.presence_frames += self._write(presence)
        for typing in self._typists.take_due(now):
            self.typing_frames += self._write(typing)

    def _write(self, frame: PresenceTold | TypingTold) -> bool:
        channel = self._hub.channels.get(frame.room)
        return channel is not None and channel.write_head([encode_frame(frame)]) > 0
