"""The rooms of the page while its servers die and refuse: nothing written is lost in silence."""

import signal
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, expect

from systemtests.browser import Tab, open_alone
from systemtests.room_page import (
    enter,
    expect_texts,
    message,
    room_entry,
    say,
    texts,
    wait_in,
)
from systemtests.stack import Stack, running_stack

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("stack"), producer=False) as stack:
        yield stack


async def test_a_post_is_there_at_once_and_becomes_its_message(
    stack: Stack, browser: Browser
) -> None:
    async with open_alone(browser, stack.url) as ada:
        await enter(ada, "ada", "optimistic")
        stack.chat.send(signal.SIGSTOP)
        try:
            await say(ada, "hello")
            item = message(ada, "hello")
            await expect(item).to_have_attribute("data-state", "pending")
            await item.evaluate("element => { element.theSame = true; }")
            assert (await ada.ledger())["chat"]["pending"] == 1
        finally:
            stack.chat.send(signal.SIGCONT)
        await expect(item).to_have_attribute("data-state", "stored")
        # Reconciled by cid: the item that was there, not another one in its place.
        assert await item.evaluate("element => element.theSame === true")
        await expect_texts(ada, ["hello"])


async def test_a_refused_post_says_so_and_goes_out_once_when_asked_again(
    stack: Stack, browser: Browser
) -> None:
    async with open_alone(browser, stack.url) as ada, open_alone(browser, stack.url) as bob:
        await enter(ada, "ada", "refused")
        await enter(bob, "bob", "refused")
        stack.nats.kill()
        await say(ada, "anybody?")
        await say(ada, "never mind")
        failed = ada.page.locator("[data-testid=message][data-state=failed]")
        await expect(failed).to_have_count(2, timeout=60_000)
        await expect(failed.first).to_contain_text("Not sent")
        stack.nats.start_nowait()
        await message(ada, "never mind").get_by_test_id("message-discard").click()
        retry = message(ada, "anybody?").get_by_test_id("message-retry")
        await retry.click()
        for _ in range(20):  # the chat may still be on its way back to its broker
            await ada.wait_for("airwave.chat.pending === 0", within=60)
            if (await ada.ledger())["chat"]["failed"] == 0:
                break
            await retry.click()
        await wait_in(ada, "refused", within=60)
        await wait_in(bob, "refused", within=60)
        for tab in (ada, bob):
            await expect(texts(tab).filter(has_text="anybody?")).to_have_count(1, timeout=30_000)


@pytest.mark.parametrize("kills", [1, pytest.param(5, marks=pytest.mark.whole)])
async def test_a_chat_killed_under_two_writers_loses_and_repeats_nothing(
    stack: Stack, browser: Browser, kills: int
) -> None:
    room = f"killed-{kills}"
    written: list[str] = []
    async with open_alone(browser, stack.url) as ada, open_alone(browser, stack.url) as bob:
        people = {"ada": ada, "bob": bob}

        async def write(count: int) -> None:
            for _ in range(count):
                for name, tab in people.items():
                    text = f"{name} {len(written)}"
                    written.append(text)
                    await say(tab, text)

        for name, tab in people.items():
            await enter(tab, name, room)
        for _ in range(kills):
            await write(2)
            stack.chat.kill()
            await write(2)
            stack.chat.start_nowait()
            await write(1)
        for tab in people.values():
            await wait_in(tab, room, within=60)
            await tab.wait_for("airwave.chat.pending === 0 && airwave.chat.failed === 0", within=60)
        for tab in people.values():
            await expect(texts(tab)).to_have_count(len(written), timeout=30_000)
        shown = [await texts(tab).all_text_contents() for tab in people.values()]
        assert shown[0] == shown[1]
        assert sorted(shown[0]) == sorted(written)
        for name in people:
            own = [text for text in shown[0] if text.startswith(name)]
            assert own == [text for text in written if text.startswith(name)]


async def test_what_was_written_while_the_chat_was_away_outlives_a_reload(
    stack: Stack, browser: Browser
) -> None:
    async with open_alone(browser, stack.url) as ada:
        await enter(ada, "ada", "reloaded")
        await say(ada, "before")
        await ada.wait_for("airwave.chat.pending === 0")
        stack.chat.kill()
        await ada.wait_for("airwave.chat.state !== 'joined'")
        await say(ada, "meanwhile")
        await ada.page.reload()
        await expect_texts(ada, ["meanwhile"])
        await expect(message(ada, "meanwhile")).to_have_attribute("data-state", "pending")
        stack.chat.start_nowait()
        await wait_in(ada, "reloaded", within=60)
        await expect_texts(ada, ["before", "meanwhile"])
        await expect(message(ada, "meanwhile")).to_have_attribute("data-state", "stored")
        assert (await ada.ledger())["chat"]["user"] == "ada"


async def test_a_room_with_something_unsent_is_not_left_in_silence(
    stack: Stack, browser: Browser
) -> None:
    async with open_alone(browser, stack.url) as ada:
        await enter(ada, "ada", "kept")
        await enter(ada, "ada", "left")
        stack.chat.kill()
        await ada.wait_for("airwave.chat.state !== 'joined'")
        await say(ada, "important")
        leave = room_entry(ada, "left").get_by_test_id("room-leave")
        await leave.click()
        notice = ada.page.get_by_test_id("chat-notice")
        await expect(notice).to_contain_text("1 thing you wrote in left isn't sent yet")
        stack.chat.start_nowait()
        await wait_in(ada, "left", within=60)
        await expect(message(ada, "important")).to_have_attribute("data-state", "stored")
        await leave.click()
        await ada.wait_for("airwave.chat.room === 'kept' && !airwave.chat.rooms.left")
        await enter(ada, "ada", "left")
        await expect_texts(ada, ["important"])


async def test_a_page_cut_off_from_the_network_comes_back_by_itself(
    stack: Stack, browser: Browser
) -> None:
    async with open_alone(browser, stack.url) as ada, open_alone(browser, stack.url) as bob:
        await enter(ada, "ada", "offline")
        await enter(bob, "bob", "offline")
        await cut(ada)
        await say(bob, "are you there?")
        await say(ada, "in a tunnel")
        await ada.page.context.set_offline(offline=False)
        await wait_in(ada, "offline", within=60)
        for tab in (ada, bob):
            await expect(texts(tab)).to_have_count(2, timeout=30_000)
        assert await texts(ada).all_text_contents() == await texts(bob).all_text_contents()


async def cut(tab: Tab) -> None:
    """End the tab's connection, and let it have no other."""
    await tab.page.context.set_offline(offline=True)
    await tab.page.evaluate("() => dispatchEvent(new Event('offline'))")
