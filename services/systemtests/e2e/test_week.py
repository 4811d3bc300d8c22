"""A week on a wall, accelerated: a million readings through a page, and its heap stays flat."""

from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import BrowserContext, CDPSession

from systemtests.browser import Tab, open_tab, running_browser
from systemtests.stack import Stack, running_stack

_READINGS = 1_000_000
_WARM_UP = 100_000
_SENSORS = 100

_SOURCE = """
window.EventSource = class {
  readyState = 1;
  onerror = null;
  ears = new Map();
  constructor() { window.week = this; }
  addEventListener(type, hear) { this.ears.set(type, hear); }
  close() { this.readyState = 2; }
  say(type, data, offset) {
    const event = { data: JSON.stringify(data), lastEventId: `week00-${offset}` };
    this.ears.get(type)?.(event);
  }
};
"""

_PUMP = """
async ({first, upto, sensors}) => {
  const week = window.week;
  let offset = first;
  while (offset < upto) {
    const t = Date.now() / 1000;
    const pack = [];
    for (let i = 0; i < sensors; i++) {
      const n = `greenhouse-${i % 10}/quantity-${i}`;
      pack.push({ n, u: "Cel", v: 20 + Math.sin(offset / 500 + i), t: t + i / 1000 });
    }
    offset += sensors;
    week.say("readings", pack, offset);
    // The page's timers, frames and other tabs' messages get their turns, as in a real week.
    if (offset % (sensors * 50) === 0) await new Promise((done) => setTimeout(done));
  }
}
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("stack"), producer=False) as stack:
        yield stack


@pytest.fixture
async def context() -> AsyncIterator[BrowserContext]:
    async with running_browser() as browser:
        context = await browser.new_context()
        await context.add_init_script(_SOURCE)
        yield context


async def heap_bytes(session: CDPSession) -> float:
    """What JavaScript holds after a full collection."""
    for _ in range(3):
        await session.send("HeapProfiler.collectGarbage")
    used: float = (await session.send("Runtime.getHeapUsage"))["usedSize"]
    return used


async def pump(tab: Tab, first: int, upto: int) -> None:
    await tab.page.evaluate(_PUMP, {"first": first, "upto": upto, "sensors": _SENSORS})
    await tab.wait_for(f"airwave.total === {upto}")


@pytest.mark.timeout(300)
async def test_a_million_readings_leave_the_heap_as_it_was(
    stack: Stack, context: BrowserContext
) -> None:
    async with open_tab(context, stack.url) as tab:
        await tab.page.wait_for_function("() => window.week !== undefined")
        hello = {"epoch": "week00", "resumed": False, "heartbeat": 60, "server_time": 0}
        await tab.page.evaluate(
            "(hello) => week.say('hello', {...hello, server_time: Date.now() / 1000}, 0)", hello
        )
        session = await context.new_cdp_session(tab.page)
        # What is bounded is full by then: rings, events of the ledger, recent events.
        await pump(tab, 0, _WARM_UP)
        before = await heap_bytes(session)
        await pump(tab, _WARM_UP, _WARM_UP + _READINGS)
        after = await heap_bytes(session)
        assert abs(after / before - 1) <= 0.1, f"{before:.0f} bytes became {after:.0f}"
        ledger = await tab.ledger()
        assert ledger["records"] == _WARM_UP + _READINGS
        assert ledger["lastId"] == f"week00-{_WARM_UP + _READINGS}"
        assert (ledger["duplicates"], ledger["gaps"], ledger["malformed"]) == (0, [], 0)
