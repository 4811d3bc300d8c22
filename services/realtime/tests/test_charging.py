"""What an app is charged with."""

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from realtime.charging import ChargedApp
from realtime.spending import Spent


async def test_an_answer_is_counted_with_its_head() -> None:
    spent = Spent()
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(b"twelve bytes", headers={"ETag": '"7"'})(scope, receive, send)

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError

    await ChargedApp(app, spent, answers=True)({"type": "http"}, receive, send)
    head = b'HTTP/1.1 200 \r\ncontent-length: 12\r\netag: "7"\r\n\r\n'
    assert (spent.messages, spent.sent_bytes) == (1, len(head) + 12)
    assert len(sent) == 2
