"""The page in a real browser, behind the real edge, while its servers are killed under it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, expect

from realtime.contracts import Record, encode_pack
from realtime.nats import connect
from realtime.testing import wait_until
from systemtests.browser import open_tab
from systemtests.page_ledger import check_unbroken
from systemtests.room_page import enter, say
from systemtests.stack import Stack, running_stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("stack")) as stack:
        yield stack


async def test_readings_move_and_none_is_missed(stack: Stack, context: BrowserContext) -> None:
    async with open_tab(context, stack.url) as tab:
        await tab.wait_for("airwave.state === 'live' && airwave.records > 100")
        cell = tab.page.get_by_test_id("reading-value").filter(has_text=".").first
        before = await cell.text_content()
        await expect(cell).not_to_have_text(before or "", timeout=20_000)
        chart = tab.page.get_by_test_id("chart").first
        await chart.scroll_into_view_if_needed()  # Charts off the screen aren't drawn.
        await expect(chart.locator("canvas")).to_be_visible()
        check_unbroken(await tab.ledger())


async def test_the_browser_is_sent_gzip_and_misses_nothing(
    stack: Stack, context: BrowserContext
) -> None:
    async with open_tab(context, stack.url) as tab:
        async with tab.page.expect_response("**/feed/readings*") as answered:
            await tab.page.reload()
        assert (await (await answered.value).all_headers())["content-encoding"] == "gzip"
        await tab.wait_for("airwave.state === 'live' && airwave.records > 100")
        check_unbroken(await tab.ledger())


async def test_a_room_works_between_two_tabs(stack: Stack, context: BrowserContext) -> None:
    async with open_tab(context, stack.url) as ada, open_tab(context, stack.url) as bob:
        await enter(ada, "ada", "two-tabs")
        await enter(bob, "bob", "two-tabs")
        await say(ada, "Is the door open?")
        await say(bob, "Yes.")
        for tab in (ada, bob):
            texts = tab.page.get_by_test_id("message-text")
            await expect(texts).to_have_text(["Is the door open?", "Yes."])
            users = tab.page.get_by_test_id("message-user")
            await expect(users).to_have_text(["ada", "bob"])
        await expect(ada.page.locator("[data-testid=message][data-state=stored]")).to_have_count(2)


async def test_killing_feed_and_broker_costs_the_page_nothing(
    stack: Stack, context: BrowserContext
) -> None:
    async with open_tab(context, stack.url) as tab:
        await tab.wait_for("airwave.state === 'live' && airwave.records > 50")
        stack.feed.kill()
        await tab.wait_for("airwave.state !== 'live'")
        stack.feed.start()
        await tab.wait_for("airwave.state === 'live' && airwave.reconnects >= 1", within=50)
        stack.nats.kill()
        await tab.wait_for("airwave.state === 'upstream_down'")
        stack.nats.start()
        await tab.wait_for("airwave.state === 'live'", within=50)
        seen = (await tab.ledger())["records"]
        await tab.wait_for(f"airwave.records > {seen + 50}")
        check_unbroken(await tab.ledger())


async def test_killing_chat_loses_no_message(stack: Stack, context: BrowserContext) -> None:
    async with open_tab(context, stack.url) as ada, open_tab(context, stack.url) as bob:
        await enter(ada, "ada", "killed")
        await enter(bob, "bob", "killed")
        await say(ada, "before")
        await expect(bob.page.get_by_test_id("message-text")).to_have_text(["before"])
        stack.chat.kill()
        await ada.wait_for("airwave.chat.state !== 'joined'")
        await say(ada, "while it was away")
        stack.chat.start()
        for tab in (ada, bob):
            await tab.wait_for("airwave.chat.state === 'joined'", within=50)
            texts = tab.page.get_by_test_id("message-text")
            await expect(texts).to_have_text(["before", "while it was away"], timeout=20_000)
        assert (await ada.ledger())["chat"]["pending"] == 0


async def test_names_and_texts_from_outside_stay_text(
    stack: Stack, context: BrowserContext
) -> None:
    markup = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    async with open_tab(context, stack.url) as tab:
        await tab.wait_for("airwave.state === 'live'")
        async with connect(stack.nats.url, name="hostile-device") as broker:
            await wait_until(lambda: broker.connected)
            pack = encode_pack([Record(n="hostile/unit", u=markup[:32], vs=markup)])
            await broker.publish("sensors.hostile.unit", pack, message_id="hostile")
        value = tab.page.locator("[data-testid=reading-value][data-sensor='hostile/unit']")
        await expect(value).to_contain_text("<img src=x")
        await enter(tab, "mallory", "hostile")
        await say(tab, markup)
        await expect(tab.page.get_by_test_id("message-text")).to_have_text([markup])
        assert await tab.page.locator("img[src=x]").count() == 0


async def test_a_phone_shows_everything_in_one_column(
    stack: Stack, context: BrowserContext, tmp_path: Path
) -> None:
    async with open_tab(context, stack.url) as tab:
        await tab.page.set_viewport_size({"width": 390, "height": 844})
        await tab.wait_for("airwave.state === 'live'")
        width = await tab.page.evaluate("() => document.documentElement.scrollWidth")
        assert width <= 390
        await tab.page.screenshot(path=tmp_path / "phone.png")
