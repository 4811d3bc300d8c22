"""``GET /echo``: says back what it hears, so that suites of others can be run against us.

Only with ``CHAT_ECHO=1``. In front of it are the same origin check, admission and identity as in
front of ``/ws``, and under it the same protocol class and sink.
"""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from starlette.types import Receive, Send
from websockets.frames import Frame, Opcode

from chat.endpoint import Client, Endpoint
from realtime.admission import Slot
from realtime.closing import CloseCode
from realtime.lifecycle import Departures
from realtime.ws_protocol import StreamWebSocketProtocol


class EchoEndpoint(Endpoint):
    """Lets in whom `Endpoint` does, and echoes."""

    async def _serve_portably(self, client: Client, receive: Receive, send: Send) -> None:  # noqa: ARG002 - nobody is asked who they are
        # Between a failed keepalive and the disconnect, uvicorn says RuntimeError.
        with suppress(RuntimeError):
            while (event := await receive())["type"] == "websocket.receive":
                await send({**event, "type": "websocket.send"})

    def _carry(self, client: Client, protocol: StreamWebSocketProtocol) -> None:
        Echo(protocol, client.slot, self._replica.departures).begin()


class Echo:
    """One echoing connection that its protocol carries; gives ``slot`` back at its end."""

    def __init__(
        self, protocol: StreamWebSocketProtocol, slot: Slot, departures: Departures
    ) -> None:
        self._protocol = protocol
        self._slot = slot
        self._departures = departures
        self._sink = protocol.open_sink()
        self._leaves = False

    def begin(self) -> None:
        """Take the connection over from the ASGI call that opened it."""
        self._departures.add(self)
        self._protocol.hand_over(self.hear)
        self._sink.listen(self)
        # Not in the middle of whatever ended it.
        self._sink.when_over(lambda: self._soon(self._end))

    def hear(self, event: dict[str, Any]) -> None:
        """Say a message back, and read on once there is room for the next."""
        if event["type"] == "websocket.disconnect":
            self._sink.close()
        elif not self._sink.over:
            self._say(event)
            if not self._sink.full:
                self._soon(self._protocol.read_on)

    def leave(self, reconnect_in: timedelta) -> None:  # noqa: ARG002 - an echo has no words for it
        """End properly: the replica drains."""
        self._leaves = True
        self._sink.close()

    # ---------------------------------------------------------------- what the sink says

    def sink_full(self) -> None:
        """Nothing: what is heard next will find out."""

    def sink_drained(self) -> None:
        """Read on."""
        self._soon(self._protocol.read_on)

    def sink_closed(self) -> None:
        """Nothing: `_end` follows."""

    # ---------------------------------------------------------------- privates

    def _say(self, event: dict[str, Any]) -> None:
        text = event.get("text")
        if text is not None:
            self._sink.write(text.encode())
        else:
            frame = Frame(Opcode.BINARY, event["bytes"]).serialize(mask=False)
            with suppress(RuntimeError, OSError):
                self._protocol.transport.write(frame)

    def _soon(self, call: Any) -> None:
        self._protocol.loop.call_soon(call)

    def _end(self) -> None:
        self._departures.discard(self)
        self._slot.leave()
        if self._leaves and not self._sink.lost:
            self._protocol.say_close(int(CloseCode.DRAIN), "drain")
        else:
            self._protocol.finish()
