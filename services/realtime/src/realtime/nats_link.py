"""The connection to the broker: kept for ever, and its errors in our words."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import nats.errors
import nats.js.errors
import structlog

from realtime.errors import (
    BrokerRefusedError,
    BrokerUnavailableError,
    StreamMissingError,
)
from realtime.nats_driver import Driver
from realtime.telemetry import Sampler

R = TypeVar("R")

PING_SECONDS: Final = 5
"""With two outstanding pings a silent peer is given up after 15 s; the default takes minutes."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class NatsLink:
    """One connection, and who wants to know how it is.

    ``client`` is the driver's; ``first`` is set once there has been a connection. Without one every
    question fails at once: the driver would keep it and send it when nobody waits for it any more.
    """

    def __init__(self) -> None:
        self.client = Driver()
        self.first = asyncio.Event()
        self._links: list[Callable[[bool], None]] = []
        self._sampler = Sampler()

    async def connect(self, url: str, *, name: str) -> None:
        """Connect, trying for as long as it takes; the driver reconnects by itself afterwards."""
        while True:
            try:
                await self.client.connect(
                    url,
                    name=name,
                    # Of its own, so that a user can be kept from hearing others' answers.
                    inbox_prefix=f"_INBOX.{name}",
                    max_reconnect_attempts=-1,
                    # Declared as int, used as seconds for a sleep; random, so that replicas spread.
                    reconnect_time_wait=random.uniform(0.2, 0.6),  # type: ignore[arg-type] # noqa: S311
                    connect_timeout=2,
                    ping_interval=PING_SECONDS,
                    max_outstanding_pings=2,
                    disconnected_cb=self._disconnected,
                    reconnected_cb=self._reconnected,
                    error_cb=self._failed,
                )
            except (nats.errors.Error, OSError, TimeoutError) as error:
                await self._failed(error)
                await asyncio.sleep(random.uniform(0.2, 0.6))  # noqa: S311 - spreads replicas
            else:
                break
        log.info("broker_connected", name=name)
        self.first.set()
        self._tell(up=True)

    async def _disconnected(self) -> None:
        if self.client.is_closed:
            return
        log.warning("broker_disconnected")
        self._tell(up=False)

    async def _reconnected(self) -> None:
        log.info("broker_reconnected")
        self._tell(up=True)

    async def _failed(self, error: Exception) -> None:
        kind = type(error).__name__
        held_back = self._sampler.admit(kind)
        if held_back is not None:
            log.warning("broker_error", error=str(error) or kind, held_back=held_back)

    def _tell(self, *, up: bool) -> None:
        # A callback that raises would end the driver's read loop while it says it is connected.
        for link in tuple(self._links):
            try:
                link(up)
            except Exception:
                log.exception("link_callback_failed")

    @property
    def connected(self) -> bool:
        """Whether a connection stands right now, as far as is known."""
        return self.client.is_connected

    def on_link(self, callback: Callable[[bool], None]) -> Callable[[], None]:
        """Call back as the connection comes and goes; returns the undo."""
        self._links.append(callback)
        return lambda: self._links.remove(callback)

    async def aclose(self) -> None:
        """Send what is buffered and close the connection."""
        with contextlib.suppress(nats.errors.Error, TimeoutError, OSError):
            await self.client.close()

    async def ask(self, action: str, call: Callable[[], Awaitable[R]], *, stream: str = "") -> R:
        """Make a driver's call and give its errors our names."""
        if not self.client.is_connected:
            raise BrokerUnavailableError(action)
        task = asyncio.current_task()
        cancelled = task.cancelling() if task else 0
        try:
            answer = await call()
        except nats.js.errors.NotFoundError as error:
            raise StreamMissingError(stream) from error
        except nats.js.errors.APIError as error:
            raise BrokerRefusedError(action, str(error.description)) from error
        except nats.js.errors.NoStreamResponseError as error:
            raise BrokerRefusedError(action, "no stream takes this subject") from error
        except (nats.errors.Error, nats.js.errors.Error, TimeoutError, OSError) as error:
            raise BrokerUnavailableError(action) from error
        # The driver waits with asyncio.wait_for, which before Python 3.12 drops a cancellation that
        # comes together with the answer (CPython issue 86296): a task would never end.
        if task and task.cancelling() > cancelled:
            raise asyncio.CancelledError
        return answer
