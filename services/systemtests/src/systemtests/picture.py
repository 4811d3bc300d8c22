"""``python -m systemtests.picture``: the READMEs' pictures, taken of an Airwave of its own."""

import argparse
import asyncio
import json
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from playwright.async_api import Browser
from websockets.asyncio.client import connect

from systemtests.browser import open_tab, running_browser
from systemtests.stack import running_stack

TARGET: Final = Path(__file__).parents[4] / "services/dashboard/screenshots"
_ROOM: Final = "lobby"  # where a page begins that was never here
_TALK: Final = (
    ("ada", "Humidity in greenhouse-3 is climbing. Is the vent open?"),
    ("grace", "It was stuck. Freed it just now."),
    ("ada", "Thanks. The curve turns already."),
    ("edsger", "I will have a look at the motor after lunch."),
)
# Days of an hour, so that five minutes of a greenhouse have a shape.
_PRODUCING: Final = {"DAY": "3600"}
_LARGE: Final = "/?chart=greenhouse-1%2Ftemperature&chart=greenhouse-2%2Ftemperature&at=21"


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: what is looked at, by whom, and on which screen (style sheet pixels)."""

    name: str
    path: str
    scheme: Literal["light", "dark"] = "light"
    width: int = 1440
    height: int = 1000
    scale: float = 1.0


PICTURES: Final = (
    Picture("light", "/"),
    Picture("dark", "/", scheme="dark"),
    Picture("phone", "/", width=390, height=844, scale=2),
    Picture("wall", "/", scheme="dark", width=3840, height=2160, scale=0.5),
    Picture("chart", _LARGE),
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


async def take(browser: Browser, url: str, picture: Picture, folder: Path) -> Path:
    """Open the page, wait until it shows lines and talk, and take it."""
    context = await browser.new_context(
        viewport={"width": picture.width, "height": picture.height},
        color_scheme=picture.scheme,
        device_scale_factor=picture.scale,
        locale="en-GB",
    )
    target = folder / f"{picture.name}.png"
    async with open_tab(context, url + picture.path) as tab:
        await tab.wait_for(
            "airwave.state === 'live' && airwave.records > 150 && airwave.drawn.sparks > 40 "
            "&& airwave.chat.state === 'joined'",
            within=60,
        )
        await tab.page.screenshot(path=target)
    await context.close()
    return target


async def take_all(url: str, folder: Path, *, filled_seconds: float) -> None:
    """Take each picture once readings have come for so long."""
    await _talk(url)
    await asyncio.sleep(filled_seconds)
    async with running_browser() as browser:
        for picture in PICTURES:
            print("written:", await take(browser, url, picture, folder))  # noqa: T201


def main() -> None:
    """Start an Airwave, let it run until its charts are full, and take the pictures."""
    parser = argparse.ArgumentParser(prog="python -m systemtests.picture", description=__doc__)
    parser.add_argument("--url", help="a running Airwave, instead of one of its own")
    parser.add_argument("--folder", type=Path, default=TARGET)
    parser.add_argument("--fill", type=float, default=300, help="seconds of readings to wait for")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    if arguments.url is not None:
        asyncio.run(take_all(arguments.url, arguments.folder, filled_seconds=arguments.fill))
        return
    with (
        tempfile.TemporaryDirectory() as directory,
        running_stack(Path(directory), producing=_PRODUCING) as stack,
    ):
        asyncio.run(take_all(stack.url, arguments.folder, filled_seconds=arguments.fill))


if __name__ == "__main__":
    main()
