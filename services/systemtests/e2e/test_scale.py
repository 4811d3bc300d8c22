"""The page with many sensors and for a long time: what it costs is what is on the screen."""

import asyncio
import json
from typing import Any, Final

import pytest
from playwright.async_api import Browser, CDPSession

from systemtests.browser import Tab, open_screen
from systemtests.device import Wall, connected_device
from systemtests.stack import Stack

# Frames a second of a browser that has as much to do as it can.
pytestmark = pytest.mark.alone

# Rows far off the screen are watched for every change; a browser tells the page of rows that came
# or went with the next frame, so those near its edge are no proof.
_COUNT: Final = """(seconds) => new Promise((resolve) => {
    const seen = {frames: 0, outside: 0, inside: 0};
    const watch = new MutationObserver((changes) => {
        for (const {target} of changes) {
            const row = (target.nodeType === 1 ? target : target.parentElement)?.closest("tr");
            if (!row?.isConnected) continue;
            const {top, bottom} = row.getBoundingClientRect();
            if (bottom < -400 || top > innerHeight + 400) seen.outside += 1;
            else seen.inside += 1;
        }
    });
    const list = document.getElementById("devices");
    const options = {childList: true, characterData: true, attributes: true, subtree: true};
    watch.observe(list, options);
    const before = {...airwave.drawn, total: airwave.total};
    const began = performance.now();
    const count = () => {
        seen.frames += 1;
        const passed = (performance.now() - began) / 1000;
        if (passed < seconds) return void requestAnimationFrame(count);
        watch.disconnect();
        const {drawn, total} = airwave;
        resolve({...seen, fps: seen.frames / passed, readings: total - before.total,
                 rows: drawn.rows - before.rows, sparks: drawn.sparks - before.sparks,
                 drawn: {...drawn}});
    };
    requestAnimationFrame(count);
})"""

# Until the page's height has been the same for so many frames: nothing comes or goes any more.
_SETTLE: Final = """(frames) => new Promise((resolve) => {
    let [height, same] = [0, 0];
    const look = () => {
        const now = document.documentElement.scrollHeight;
        same = now === height ? same + 1 : 0;
        height = now;
        if (same >= frames) resolve();
        else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
})"""


@pytest.mark.timeout(180)
async def test_500_sensors_cost_only_what_is_on_the_screen(calm: Stack, browser: Browser) -> None:
    """A thousand readings a second come; the figures it prints say how smooth that was."""
    async with connected_device(calm) as broker, open_screen(browser, calm.url) as tab:
        wall = Wall(broker, devices=50)
        stop = asyncio.Event()
        publishing = asyncio.create_task(wall.publish_until(stop))
        try:
            await tab.wait_for(
                f"document.querySelectorAll('[data-testid=reading]').length === {wall.sensors}",
                within=90,
            )
            await tab.page.evaluate(_SETTLE, 30)
            seen = await tab.page.evaluate(_COUNT, 5)
            await tab.page.evaluate("() => scrollTo(0, 2000)")
            await tab.page.evaluate(_SETTLE, 30)
            after = await tab.page.evaluate(_COUNT, 1)
        finally:
            stop.set()
            await publishing
        print("500 sensors:", json.dumps(seen))  # noqa: T201 -- a figure to read, not to pass by
        assert seen["outside"] == 0
        assert seen["inside"] > 0
        assert seen["rows"] < seen["readings"] / 2
        assert seen["drawn"]["mostRows"] <= 60
        assert seen["drawn"]["mostSparks"] <= 10
        assert after["drawn"]["unseen"] == 0
        assert after["outside"] == 0
        assert after["inside"] > 0


class _Heap:
    """A page's memory as Chromium tells it."""

    def __init__(self, session: CDPSession) -> None:
        self._session = session

    async def settled_bytes(self) -> float:
        """What is held once nothing more can be freed: the least of three looks after a collection.

        One collection leaves what only the next one finds (weak references, dropped arrays).
        """
        return min([await self._collected() for _ in range(3)])

    async def _collected(self) -> float:
        for _ in range(3):
            await self._session.send("HeapProfiler.collectGarbage")
        usage: dict[str, Any] = await self._session.send("Runtime.getHeapUsage")
        return float(usage["usedSize"] + usage["backingStorageSize"])


async def _take_readings(tab: Tab, wall: Wall, count: int) -> None:
    """Let the page take so many readings more."""
    total = (await tab.ledger())["total"]
    for sent in range(20 * wall.sensors, count + 1, 20 * wall.sensors):
        await wall.publish_round(readings=20)
        # Not far ahead of the page: it is to hold what it holds in a long life, and not a backlog.
        await tab.wait_for(f"airwave.total >= {total + sent - 40 * wall.sensors}", within=60)
    await tab.wait_for(f"airwave.total >= {total + count}", within=60)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("count", [50_000, pytest.param(200_000, marks=pytest.mark.whole)])
async def test_a_million_readings_leave_the_heap_flat(
    calm: Stack, browser: Browser, count: int
) -> None:
    """Each window after the first is within 10 % of it: the first one fills what is bounded.

    A million of them in the whole form, a quarter in the short one.
    """
    windows = 5
    async with connected_device(calm) as broker, open_screen(browser, calm.url) as tab:
        wall = Wall(broker, devices=10)
        await tab.wait_for("airwave.state === 'live'")
        heap = _Heap(await tab.page.context.new_cdp_session(tab.page))
        held = []
        for _ in range(windows):
            await _take_readings(tab, wall, count)
            held.append(await heap.settled_bytes())
        ledger = await tab.ledger()
        print("heap, MB:", [round(one / 1e6, 2) for one in held])  # noqa: T201 -- a figure to read
        assert ledger["total"] >= windows * count
        assert ledger["gaps"] == []
        first, *later = held
        assert max(later) <= 1.1 * first
        assert min(later) >= 0.9 * first
