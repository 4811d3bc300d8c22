"""The transport lab in a real browser behind the real edge: what it shows is what happened."""

from collections.abc import Iterator, Sequence
from typing import Final, Literal

import pytest
from playwright.async_api import BrowserContext, expect

from realtime.testing import wait_until
from systemtests.browser import Tab, open_tab
from systemtests.stack import Stack, running_stack
from systemtests.wcag import against_wcag

TRANSPORTS = ("sse", "websocket", "polling")
WITHIN = 60.0
UNKNOWN = "\N{EN DASH}"
_SCHEMES: Final[Sequence[Literal["light", "dark"]]] = ("light", "dark")


# A whole stack and a page with three transports, on a machine whose cores may be taken.
pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("stack")) as stack:
        yield stack


async def told(tab: Tab, transport: str, line: str) -> str:
    return str(await tab.page.get_by_test_id(f"lab-{transport}-{line}").text_content())


async def number(tab: Tab, transport: str, line: str) -> float:
    text = (await told(tab, transport, line)).replace(",", "")
    return 0.0 if text == UNKNOWN else float(text.split()[0])


async def wait_readings(tab: Tab, more: float) -> None:
    """Wait until every transport has brought so many."""

    async def enough() -> bool:
        seen = [await number(tab, transport, "readings") for transport in TRANSPORTS]
        return min(seen) >= more

    await wait_until(enough, what=f"{more} readings by each transport", within=WITHIN)


async def test_a_run_with_a_cut_fills_the_decision_table(
    stack: Stack, context: BrowserContext
) -> None:
    async with open_tab(context, stack.url) as tab:
        await tab.page.get_by_test_id("view-lab").click()
        await expect(tab.page).to_have_title("Transport lab · Airwave")
        rows = tab.page.get_by_test_id("lab-decision").locator("tr")
        await expect(rows).to_have_count(8)
        await expect(tab.page.get_by_test_id("lab-verdict")).to_be_empty()
        await tab.page.get_by_test_id("lab-toggle").click()
        await wait_readings(tab, 20)
        before = await number(tab, "websocket", "readings")
        await tab.page.get_by_test_id("lab-cut").click()
        for transport in TRANSPORTS:
            back = tab.page.get_by_test_id(f"lab-{transport}-back")
            await expect(back).not_to_have_text(UNKNOWN, timeout=WITHIN * 1_000)
        # What the page shows while it measures it shows at no other time.
        await expect(tab.page.get_by_test_id("lab-state")).to_contain_text("Measuring")
        for scheme in _SCHEMES:
            await tab.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            assert await against_wcag(tab) == [], scheme
        await wait_readings(tab, before + 100)
        for transport in TRANSPORTS:
            cost = tab.page.get_by_test_id(f"lab-{transport}-server-cpu")
            await expect(cost).not_to_have_text(UNKNOWN, timeout=WITHIN * 1_000)
        await tab.page.get_by_test_id("lab-toggle").click()
        await expect(tab.page.get_by_test_id("lab-state")).to_contain_text("cut once for 2 s")
        # Both streams come back to where they were; who polls never hears of what lay between.
        for transport in ("sse", "websocket"):
            assert await number(tab, transport, "missing") == 0
        assert await number(tab, "polling", "missing") > 0
        for row in await rows.all():
            assert UNKNOWN not in str(await row.text_content())
        await expect(tab.page.get_by_test_id("lab-verdict")).to_contain_text("measured lines")
        await expect(tab.page.get_by_test_id("lab-server")).to_contain_text("SSE")


async def test_the_address_opens_it_and_leaving_ends_the_run(
    stack: Stack, context: BrowserContext
) -> None:
    async with open_tab(context, stack.url + "/lab") as tab:
        await tab.page.get_by_test_id("lab-sensor").fill("*/temperature")
        async with tab.page.expect_websocket(
            lambda socket: socket.url.endswith("/feed/ws/readings?sensor=*%2Ftemperature")
        ) as opened:
            await tab.page.get_by_test_id("lab-toggle").click()
        socket = await opened.value
        await wait_readings(tab, 1)
        await tab.page.get_by_test_id("view-readings").click()
        await wait_until(socket.is_closed, what="the end of the run")
        await expect(tab.page.get_by_test_id("lab")).to_be_hidden()
        await tab.page.get_by_test_id("view-lab").click()
        await expect(tab.page.get_by_test_id("lab-toggle")).to_have_text("Start again")
