"""An ASGI app that is charged with what its calls cost."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from realtime.spending import Charged, Spent


class ChargedApp:
    """An ASGI app whose calls are charged; with ``answers`` also the responses, headers and all."""

    def __init__(self, app: ASGIApp, spent: Spent, *, answers: bool = False) -> None:
        self._app = app
        self._spent = spent
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection or request."""
        if not self._answers:
            await Charged(self._spent, self._app(scope, receive, send))
            return

        async def counted(message: Message) -> None:
            await send(message)
            if message["type"] == "http.response.start":
                self._spent.messages += 1
                self._spent.sent_bytes += _head_bytes(message)
            elif message["type"] == "http.response.body":
                self._spent.sent_bytes += len(message.get("body", b""))

        await Charged(self._spent, self._app(scope, receive, counted))


def _head_bytes(message: Message) -> int:
    """Of a response's head: a status line, and for each header a colon, a space and a line end."""
    line = len(f"HTTP/1.1 {message['status']} \r\n\r\n")
    return line + sum(len(name) + len(value) + 4 for name, value in message["headers"])
