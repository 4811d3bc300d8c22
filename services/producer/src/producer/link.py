"""The connection to the broker, seen from those who want to use it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from realtime.broker import Broker

_LOOK_SECONDS: Final = 1.0


class Link:
    """The connection to a broker, as something to wait for."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._up = asyncio.Event()

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Listen for the connection's coming and going while the context lasts."""
        forget = self._broker.on_link(self._tell)
        try:
            yield
        finally:
            forget()

    async def wait_up(self) -> None:
        """Return once a connection stands."""
        while not self._broker.connected:
            # Told up and gone again since, perhaps without having been told that yet.
            self._up.clear()
            # The look in between is for a connection that came without a word.
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._up.wait()

    def _tell(self, up: bool) -> None:  # noqa: FBT001 - the signature of Broker.on_link
        if up:
            self._up.set()
