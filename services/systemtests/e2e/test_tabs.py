"""Tabs of one real browser share one stream, behind the real edge."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import AsyncExitStack

import httpx2
import pytest
from playwright.async_api import BrowserContext

from realtime.testing import wait_until
from systemtests.browser import Tab, open_tab
from systemtests.page_ledger import check_unbroken
from systemtests.stack import Stack, running_stack

_TABS = 10


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("stack")) as stack:
        yield stack


def streams(stack: Stack) -> float:
    """Open streams, by the feed's own count."""
    text = httpx2.get(f"{stack.feed.admin_url}/metrics", timeout=20).text
    return float(re.findall(r"^feed_connections (\S+)$", text, re.MULTILINE)[0])


async def open_tabs(context: BrowserContext, url: str, opened: AsyncExitStack) -> list[Tab]:
    tabs = [await opened.enter_async_context(open_tab(context, url)) for _ in range(_TABS)]
    await wait_all(tabs, "airwave.state === 'live' && airwave.records > 20")
    return tabs


async def wait_all(tabs: list[Tab], condition: str, *, within: float = 30.0) -> None:
    """Side by side: a tab behind another one looks only once a second whether it is so."""
    await asyncio.gather(*(tab.wait_for(condition, within=within) for tab in tabs))


async def grow(tabs: list[Tab], records: int) -> None:
    async def one(tab: Tab) -> None:
        total = (await tab.ledger())["total"]
        await tab.wait_for(f"airwave.state === 'live' && airwave.total > {total + records}")

    await asyncio.gather(*map(one, tabs))


@pytest.mark.timeout(120)
async def test_ten_tabs_have_one_stream_and_outlive_the_tab_that_held_it(
    stack: Stack, context: BrowserContext
) -> None:
    async with AsyncExitStack() as opened:
        tabs = await open_tabs(context, stack.url, opened)
        assert streams(stack) == 1
        roles = [(await tab.ledger())["role"] for tab in tabs]
        assert sorted(roles) == ["follower"] * (_TABS - 1) + ["leader"]
        leader = tabs.pop(roles.index("leader"))
        await leader.page.close()
        await grow(tabs, 50)
        for tab in tabs:
            check_unbroken(await tab.ledger())
        await wait_until(lambda: streams(stack) == 1)
        # Killed under all of them: one comes back for all.
        stack.feed.kill()
        await wait_all(tabs, "airwave.state !== 'live'")
        stack.feed.start()
        stack.nats.kill()
        await wait_all(tabs, "airwave.state !== 'live'")
        stack.nats.start()
        await wait_all(tabs, "airwave.state === 'live'", within=60)
        await grow(tabs, 50)
        for tab in tabs:
            check_unbroken(await tab.ledger())
        assert streams(stack) == 1


@pytest.mark.timeout(120)
async def test_a_leader_that_hangs_is_missed_and_goes_on_where_it_stood(
    stack: Stack, context: BrowserContext
) -> None:
    async with (
        open_tab(context, stack.url) as first,
        open_tab(context, stack.url) as second,
    ):
        await first.wait_for("airwave.role === 'leader' && airwave.records > 20")
        await second.wait_for("airwave.role === 'follower' && airwave.records > 20")
        # A debugger's halt stops a page as a hang does: lock and connection stay held.
        debugger = await context.new_cdp_session(first.page)
        await debugger.send("Debugger.enable")
        await debugger.send("Debugger.pause")
        await second.wait_for("airwave.role === 'leader'")
        await grow([second], 50)
        await debugger.send("Debugger.disable")
        await first.wait_for("airwave.role === 'follower'")
        await grow([first, second], 20)
        for tab in (first, second):
            check_unbroken(await tab.ledger())
        await wait_until(lambda: streams(stack) == 1)


@pytest.mark.timeout(120)
async def test_a_page_that_is_frozen_lets_another_lead_until_it_thaws(
    stack: Stack, context: BrowserContext
) -> None:
    async with (
        open_tab(context, stack.url) as first,
        open_tab(context, stack.url) as second,
    ):
        await first.wait_for("airwave.role === 'leader' && airwave.records > 20")
        await second.wait_for("airwave.role === 'follower' && airwave.records > 20")
        await first.page.evaluate("() => document.dispatchEvent(new Event('freeze'))")
        await second.wait_for("airwave.role === 'leader'")
        await first.page.evaluate("() => document.dispatchEvent(new Event('resume'))")
        await first.wait_for("airwave.role === 'follower'")
        await grow([first, second], 20)
        for tab in (first, second):
            check_unbroken(await tab.ledger())
        assert streams(stack) == 1


@pytest.mark.timeout(120)
async def test_a_hidden_tab_asks_for_less_and_misses_nothing_of_what_it_asked(
    stack: Stack, context: BrowserContext
) -> None:
    async with open_tab(context, stack.url) as tab:
        await tab.wait_for("airwave.state === 'live' && airwave.records > 20")
        async with tab.page.expect_request("**/feed/readings?*max_hz=1*") as asked:
            await tab.set_hidden(hidden=True)
        assert "agg=minmax" in (await asked.value).url
        await tab.wait_for("airwave.maxHz === 1 && !airwave.every && airwave.records > 20")
        await tab.set_hidden(hidden=False)
        await tab.wait_for("airwave.maxHz === null && airwave.every && airwave.records > 50")
        ledger = await tab.ledger()
        assert [run["every"] for run in ledger["runs"]][-1] is False
        check_unbroken(ledger)


@pytest.mark.timeout(120)
async def test_a_leader_that_nobody_sees_hands_over_to_a_tab_that_is_seen(
    stack: Stack, context: BrowserContext
) -> None:
    async with (
        open_tab(context, stack.url) as first,
        open_tab(context, stack.url) as second,
    ):
        await first.wait_for("airwave.role === 'leader' && airwave.records > 20")
        await second.wait_for("airwave.role === 'follower' && airwave.records > 20")
        await first.set_hidden(hidden=True)
        await second.wait_for("airwave.role === 'leader'", within=60)
        await grow([first, second], 20)
        for tab in (first, second):
            ledger = await tab.ledger()
            assert ledger["maxHz"] is None
            check_unbroken(ledger)
        assert streams(stack) == 1
