"""``python -m systemtests.picture``: the README's picture, taken of a running Airwave."""

import argparse
import asyncio
import json
import uuid
from pathlib import Path
from typing import Final

from websockets.asyncio.client import connect

from systemtests.browser import open_tab, running_browser

TARGET: Final = Path(__file__).parents[4] / "services/dashboard/screenshots/page.png"
_ROOM: Final = "greenhouse"
_TALK: Final = (
    ("ada", "Humidity in greenhouse-3 is climbing. Is the vent open?"),
    ("grace", "It was stuck. Freed it just now."),
    ("ada", "Thanks. The curve turns already."),
    ("edsger", "I will have a look at the motor after lunch."),
)


async def _talk(url: str) -> None:
    for name, text in _TALK:
        address = url.replace("http", "ws", 1) + f"/chat/ws?name={name}"
        async with connect(address) as socket:
            await socket.send(json.dumps({"type": "join", "room": _ROOM}))
            post = {"type": "post", "room": _ROOM, "cid": str(uuid.uuid4()), "text": text}
            await socket.send(json.dumps(post))
            while json.loads(await socket.recv())["type"] != "ack":
                pass


async def take(url: str, target: Path) -> None:
    """Let some guests talk, wait until the page shows readings and talk, and take it."""
    await _talk(url)
    async with running_browser() as browser:
        context = await browser.new_context(viewport={"width": 1440, "height": 1000})
        async with open_tab(context, url) as tab:
            await tab.page.get_by_test_id("chat-name").fill("you")
            await tab.page.get_by_test_id("chat-room").fill(_ROOM)
            await tab.page.get_by_test_id("chat-enter").click()
            await tab.wait_for(
                "airwave.chat.room === 'greenhouse' && airwave.records > 1500", within=90
            )
            target.parent.mkdir(parents=True, exist_ok=True)
            await tab.page.screenshot(path=target)


def main() -> None:
    """Take the picture."""
    parser = argparse.ArgumentParser(prog="python -m systemtests.picture", description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8080")
    parser.add_argument("--target", type=Path, default=TARGET)
    arguments = parser.parse_args()
    asyncio.run(take(arguments.url, arguments.target))
    print(f"written: {arguments.target}")  # noqa: T201


if __name__ == "__main__":
    main()
