"""The stream that readings go to: there, and as it should be."""

import asyncio

import structlog

from realtime.broker import Broker
from realtime.errors import BrokerError
from realtime.subjects import SENSORS

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class StreamKeeper:
    """Sees to it that the stream is there and as it should be."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._doubted = asyncio.Event()

    def doubt(self) -> None:
        """Have the stream checked soon: a publish was refused."""
        self._doubted.set()

    async def ensure(self) -> None:
        """Create or correct the stream where that is allowed; a cluster has a job for it."""
        try:
            await self._broker.ensure_stream(SENSORS)
        except BrokerError as error:
            log.warning("stream_not_ensured", stream=SENSORS.name, error=str(error))

    async def run(self) -> None:
        """Check whenever there is a doubt, one check at a time."""
        while True:
            await self._doubted.wait()
            self._doubted.clear()
            await self.ensure()
