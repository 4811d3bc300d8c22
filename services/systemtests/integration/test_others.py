"""Others' clients on the feed through nginx: what each tells its user, a table of every cell.

What a client can't do by its nature stands there in words, and has to be so.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import urlencode

import pytest

from infra.repository import ROOT
from infra.servers import EdgeServer
from realtime.contracts import Record, encode_pack
from realtime.nats import NatsBroker, connect
from realtime.testing import wait_until
from systemtests.cutting import cuttable
from systemtests.listener import listening
from systemtests.others.feeds import Feeds, running_feeds
from systemtests.others.running import CLIENTS, Run, running
from systemtests.others.stage import TEXT, staged
from systemtests.others.table import TABLE, markdown

pytestmark = pytest.mark.timeout(180)
WITHIN: Final = 60.0
TEXTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "unicode": f"{TEXT} \ufeff \uffff \x7f",
        "newlines": "a\r\n\r\nevent: forged\r\ndata: {}\r\n\r\nb\rc\nd\x00e",
        "separators": "a\u2028b\u2029c\x85d",
    }
)


@pytest.fixture(scope="module")
def airwave(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Feeds]:
    with running_feeds(tmp_path_factory.mktemp("others"), places=len(CLIENTS)) as found:
        yield found


@pytest.fixture
async def device(airwave: Feeds) -> AsyncIterator[NatsBroker]:
    async with connect(airwave.nats.url, name="device") as broker:
        await wait_until(lambda: broker.connected)
        yield broker


def url_of(edge: EdgeServer, **query: str) -> str:
    return f"{edge.url}/feed/readings?{urlencode(query)}"


async def say(device: NatsBroker, sensor: str, text: str) -> None:
    pack = encode_pack([Record(n=sensor, vs=text, t=1.0)])
    await device.publish(
        f"sensors.{sensor.replace('/', '.')}", pack, message_id=f"{sensor}:{hash(text)}"
    )


async def column(seen: Callable[[str], Awaitable[str]]) -> dict[str, str]:
    """What all clients do at the same time."""
    return dict(zip(CLIENTS, await asyncio.gather(*map(seen, CLIENTS)), strict=True))


async def came_back(run: Run, hellos: int) -> bool:
    """Whether the client comes to so many ``hello`` by itself; not, once it is gone."""
    await wait_until(lambda: len(run.resumed) >= hellos or run.gone, within=WITHIN)
    return len(run.resumed) >= hellos


def parting(run: Run) -> str:
    """How a client that is gone told it."""
    return "an error" if run.errors else "an end" if run.ended else "nothing"


async def test_what_is_sent_is_what_is_heard(airwave: Feeds, device: NatsBroker) -> None:
    seen: dict[str, dict[str, str]] = {name: {} for name in ("connect", *TEXTS)}

    async def listen(client: str) -> str:
        async with running(client, url_of(edge, sensor="said/*")) as run:
            await wait_until(lambda: run.names[:2] == ["hello", "snapshot"], within=WITHIN)
            connected.append(client)
            await wait_until(lambda: '"said/last"' in run.events[-1]["data"], within=WITHIN)
        seen["connect"][client] = " ".join(dict.fromkeys(run.names))
        for name, text in TEXTS.items():
            seen[name][client] = heard(run, f"said/{name}", text)
        return ""

    connected: list[str] = []
    async with airwave.edge("plain", airwave.feed.address) as edge, asyncio.TaskGroup() as group:
        listened = group.create_task(column(listen))
        await wait_until(lambda: len(connected) == len(CLIENTS) or listened.done(), within=WITHIN)
        async with listening(url_of(edge, sensor="said/*")) as listener:
            await wait_until(lambda: listener.events, within=WITHIN)
            for number, (name, text) in enumerate({**TEXTS, "last": "."}.items(), 1):
                await say(device, f"said/{name}", text)
                # Told before the next is said: what one flush finds shares an event.
                await wait_until(lambda so_far=number: len(listener.records) == so_far)
    assert seen == {name: TABLE[name] for name in seen}


def heard(run: Run, sensor: str, text: str) -> str:
    """Whether a sensor's text came as it was said."""
    (data,) = [event["data"] for event in run.events if f'"{sensor}"' in event["data"]]
    if data.endswith('"vs":"a'):
        return "cut at the separator"
    (record,) = json.loads(data)
    return "whole" if record["vs"] == text else repr(record["vs"])


@pytest.mark.parametrize("scene", ["crlf", "cr", "comments", "no data"])
async def test_other_line_ends_and_comments(airwave: Feeds, scene: str) -> None:
    async def listen(client: str) -> str:
        async with running(client, url_of(edge, scene=scene)) as run:
            await wait_until(lambda: "last" in run.names or run.gone, within=WITHIN)
        if not run.events:
            return "no event"
        full = [(event["event"], event["data"]) for event in run.events if event["data"]]
        assert full[:2] == [("first", f"{TEXT}\ntwo"), ("last", "end")]
        return "whole" if run.names[:2] == ["first", "last"] else "whole, and empty events"

    async with staged() as stage, airwave.edge(scene, stage) as edge:
        assert await column(listen) == TABLE[scene]


async def test_no_content(airwave: Feeds) -> None:
    async with staged() as stage, airwave.edge("204", stage) as edge:
        url = url_of(edge, scene="204")
        assert await column(lambda client: refused(client, url)) == TABLE["204"]


async def refused(client: str, url: str, prefer: str = "") -> str:
    async with running(client, url, prefer=prefer) as run:
        await wait_until(lambda: run.gone or len(run.answered) > 1, within=WITHIN)
    assert not run.events
    return "asks again" if len(run.answered) > 1 else f"tells {parting(run)}"


async def test_silence_is_broken_by_heartbeats(airwave: Feeds) -> None:
    async def listen(client: str) -> str:
        async with running(client, url_of(edge, sensor="nobody/here", heartbeat="5")) as run:
            await wait_until(lambda: "heartbeat" in run.names, within=WITHIN)
            (beat,) = [event for event in run.events if event["event"] == "heartbeat"]
            assert json.loads(beat["data"])["server_time"] > 0
            return "heard, with an id" if beat["id"] else "heard"

    async with airwave.edge("quiet", airwave.feed.address) as edge:
        assert await column(listen) == TABLE["heartbeat"]


async def test_a_server_that_drops_its_clients(airwave: Feeds, device: NatsBroker) -> None:
    async def listen(client: str) -> str:
        async with running(client, url_of(edge, sensor="dropped/*")) as run:
            await wait_until(lambda: "snapshot" in run.names, within=WITHIN)
            connected.append(client)
            if await came_back(run, 2):
                await wait_until(lambda: "missed" in run.texts("dropped/text"), within=WITHIN)
                assert run.resumed == [False, True]
                return "comes back, resumed"
        return f"tells {parting(run)}"

    connected: list[str] = []
    async with (
        cuttable(airwave.feed.url) as relay,
        airwave.edge("dropping", relay.url.removeprefix("http://")) as edge,
        asyncio.TaskGroup() as group,
    ):
        seen = group.create_task(column(listen))
        await wait_until(lambda: len(connected) == len(CLIENTS) or seen.done(), within=WITHIN)
        relay.cut()
        await say(device, "dropped/text", "missed")
    assert seen.result() == TABLE["drop"]


async def test_a_position_that_is_sent_is_resumed(airwave: Feeds, device: NatsBroker) -> None:
    async def listen(client: str) -> str:
        async with running(client, url, last_event_id=left) as run:
            await wait_until(lambda: run.texts("left/text") == ["missed"], within=WITHIN)
        assert run.resumed == [True]
        assert "snapshot" not in run.names
        return "by the header" if run.asked[0] == left else "by the query"

    async with airwave.edge("resuming", airwave.feed.address) as edge:
        url = url_of(edge, sensor="left/*")
        async with listening(url) as listener:
            await wait_until(lambda: listener.last_id)
            left = listener.last_id
        await say(device, "left/text", "missed")
        assert await column(listen) == TABLE["resume"]


async def test_a_full_feed(airwave: Feeds) -> None:
    async def busy(client: str) -> str:
        async with running(client, url_of(edge)) as run:
            await wait_until(lambda: run.names.count("busy") > 1 or run.gone, within=WITHIN)
            assert set(run.names) == {"busy"}
            turned_away.append(client)
            if await came_back(run, 1):
                return "comes back until it is let in"
        return f"hears it, tells {parting(run)}"

    turned_away: list[str] = []
    async with airwave.edge("full", airwave.full.address) as edge, asyncio.TaskGroup() as group:
        async with airwave.filled():
            url = url_of(edge)
            assert await column(lambda client: refused(client, url, "status")) == TABLE["503"]
            seen = group.create_task(column(busy))
            everybody = lambda: len(turned_away) == len(CLIENTS) or seen.done()  # noqa: E731
            await wait_until(everybody, within=WITHIN)
    assert seen.result() == TABLE["busy"]


async def test_a_feed_that_leaves(airwave: Feeds) -> None:
    async def listen(client: str) -> str:
        async with running(client, url_of(edge)) as run:
            await wait_until(lambda: "snapshot" in run.names, within=WITHIN)
            connected.append(client)
            await wait_until(lambda: "drain" in run.names, within=WITHIN)
            if await came_back(run, 2):
                assert run.resumed == [False, True]
                return "hears it, comes back, resumed"
        assert run.names[-1] == "drain"
        return f"hears it, tells {parting(run)}"

    connected: list[str] = []
    async with (
        airwave.edge("leaving", airwave.leaving.address) as edge,
        asyncio.TaskGroup() as group,
    ):
        seen = group.create_task(column(listen))
        await wait_until(lambda: len(connected) == len(CLIENTS) or seen.done(), within=WITHIN)
        other = airwave.feed.address
        edge.route(feed=(other,), chat=(other,))
        assert await asyncio.to_thread(airwave.leaving.stop) in {0, 143}
    assert seen.result() == TABLE["drain"]


def test_the_readme_shows_the_table() -> None:
    assert markdown() in (ROOT / "services" / "systemtests" / "README.md").read_text()
