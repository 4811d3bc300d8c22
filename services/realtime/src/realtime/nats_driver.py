"""nats-py, mended where it would give up or be slow."""

from nats.aio.client import Client, Srv
from nats.aio.transport import TcpTransport


class LosableTransport(TcpTransport):
    """A connection that may be gone when it is written to, which is a lost connection.

    uvloop raises RuntimeError then, asyncio's own loop doesn't. The driver takes RuntimeError for
    the end of the loop: a reconnect that met it was never tried again, and a flusher ended without
    a word.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def __bool__(self) -> bool:
        # Made by `Driver`, so the driver need not make one in its place.
        return True

    def write(self, payload: bytes) -> None:
        """Write soon.

        Raises:
            ConnectionResetError: there is no connection any more.
        """
        try:
            super().write(payload)  # type: ignore[no-untyped-call]
        except RuntimeError as error:
            raise ConnectionResetError(str(error)) from error

    def writelines(self, payload: list[bytes]) -> None:
        """Write soon; as `write`."""
        try:
            super().writelines(payload)  # type: ignore[no-untyped-call]
        except RuntimeError as error:
            raise ConnectionResetError(str(error)) from error


class Driver(Client):
    """The driver, but for how it reads headers and what it takes for a lost connection.

    Headers are read once for each reading, so they are half of a relay.
    """

    async def _connect_to_server(self, s: Srv) -> None:
        if self._transport is None and s.uri.scheme not in ("ws", "wss"):
            self._transport = LosableTransport()
        await super()._connect_to_server(s)

    @staticmethod
    def _parse_header_lines(raw: bytes) -> dict[str, str]:
        """Names and values; those that we look for are written by the broker, exactly so."""
        found = {}
        for line in raw.decode("utf-8", "replace").split("\r\n"):
            name, colon, value = line.partition(":")
            if colon:
                found[name] = value.strip()
        return found
