"""The rooms without a mouse, and on a phone."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from systemtests.browser import Tab, open_alone
from systemtests.room_page import enter, expect_texts, message, say, wait_in
from systemtests.stack import Stack

pytestmark = pytest.mark.timeout(120)

_MOST_TABS = 60
_FOCUSED = "() => document.activeElement?.dataset.testid ?? document.activeElement?.id ?? ''"


async def tab_to(tab: Tab, name: str, *, back: bool = False) -> None:
    """Press Tab until what has this test id, or id, is in focus."""
    met = []
    for _ in range(_MOST_TABS):
        await tab.page.keyboard.press("Shift+Tab" if back else "Tab")
        met.append(await tab.page.evaluate(_FOCUSED))
        if met[-1] == name:
            return
    pytest.fail(f"{name} can't be reached by Tab, only {met}")


async def test_a_whole_conversation_without_a_mouse(calm: Stack, browser: Browser) -> None:
    async with open_alone(browser, f"{calm.url}/rooms") as ada:
        keys = ada.page.keyboard
        await ada.wait_for("airwave.chat.state === 'joined'")
        await tab_to(ada, "chat-name")
        await keys.type("ada")
        await tab_to(ada, "chat-room")
        await keys.press("Control+A")
        await keys.type("keys")
        await keys.press("Enter")
        await wait_in(ada, "keys")
        await ada.wait_for("airwave.chat.user === 'ada'")

        await tab_to(ada, "chat-input")
        await keys.type("first")
        await keys.press("Enter")
        await keys.type("two lines,")
        await keys.press("Shift+Enter")
        await keys.type("one mesage")
        await keys.press("Enter")
        await expect_texts(ada, ["first", "two lines,\none mesage"])

        await keys.press("ArrowUp")
        await keys.press("Control+A")
        await keys.type("one message")
        await keys.press("Enter")
        await expect_texts(ada, ["first", "one message"])
        # Leaving an edit leaves the message and gives the draft back.
        await keys.press("ArrowUp")
        await keys.type("!!")
        await keys.press("Escape")
        await expect(ada.page.get_by_test_id("chat-input")).to_have_value("")


async def test_messages_rooms_and_help_without_a_mouse(calm: Stack, browser: Browser) -> None:
    async with open_alone(browser, f"{calm.url}/rooms/arrows") as ada:
        keys = ada.page.keyboard
        await wait_in(ada, "arrows")
        for text in ("first", "one message"):
            await say(ada, text)
        await ada.wait_for("airwave.chat.pending === 0")
        await tab_to(ada, "chat-scroll", back=True)
        await keys.press("Enter")
        await expect(message(ada, "one message")).to_be_focused()
        await keys.press("ArrowUp")
        await expect(message(ada, "first")).to_be_focused()
        await tab_to(ada, "message-react")
        await keys.press("Enter")
        await tab_to(ada, "emoji")
        await keys.press("Enter")
        await expect(message(ada, "first").get_by_test_id("reaction")).to_have_count(1)
        await keys.press("ArrowDown")
        await expect(message(ada, "one message")).to_be_focused()
        await tab_to(ada, "message-delete")
        await keys.press("Enter")
        await expect_texts(ada, ["first", "Message deleted"])

        await enter(ada, "", "other")
        await keys.press("Control+k")
        await keys.press("ArrowUp")
        await keys.press("Enter")
        await wait_in(ada, "arrows")
        await tab_to(ada, "room-leave")
        await keys.press("Enter")
        await wait_in(ada, "other")
        await tab_to(ada, "chat-scroll")
        await keys.press("?")
        await expect(ada.page.get_by_test_id("chat-help")).to_be_visible()
        await keys.press("Escape")
        await expect(ada.page.get_by_test_id("chat-help")).to_be_hidden()


async def test_what_is_in_focus_can_be_seen(calm: Stack, browser: Browser) -> None:
    async with open_alone(browser, f"{calm.url}/rooms") as ada:
        await ada.wait_for("airwave.chat.state === 'joined'")
        for name in ("chat-name", "chat-enter", "chat-scroll", "chat-input", "chat-send"):
            await tab_to(ada, name)
            shown = await ada.page.evaluate(
                """() => {
                    const style = getComputedStyle(document.activeElement);
                    const outline = style.outlineStyle !== "none" && style.outlineWidth !== "0px";
                    return outline || style.boxShadow !== "none";
                }"""
            )
            assert shown, name


async def test_a_phone_has_room_for_a_conversation(
    calm: Stack, browser: Browser, tmp_path: Path
) -> None:
    async with open_alone(browser, f"{calm.url}/rooms/phone") as ada:
        await ada.page.set_viewport_size({"width": 360, "height": 640})
        await enter(ada, "a-person-with-quite-a-long-name", "phone")
        for text in ("short", "a word " + "w" * 120, "https://example.test/" + "a/" * 60, "last"):
            await say(ada, text)
        await ada.wait_for("airwave.chat.pending === 0")
        await message(ada, "short").hover()
        await ada.page.get_by_test_id("message-react").click()
        await ada.page.screenshot(path=tmp_path / "phone-rooms.png")
        width = await ada.page.evaluate("() => document.documentElement.scrollWidth")
        assert width <= 360
        # What is written with, what is read and what can be done are in sight together.
        for name in ("chat-input", "chat-send", "chat-state", "emoji-picker"):
            await expect(ada.page.get_by_test_id(name)).to_be_in_viewport(ratio=0.99)
        read = await ada.page.locator("#chat-scroll").evaluate("element => element.clientHeight")
        assert read >= 200
        await ada.page.keyboard.press("Escape")
        small = await ada.page.evaluate(
            """() => [...document.querySelectorAll("#room button, #room summary")]
                .filter((one) => one.checkVisibility())
                .map((one) => [one.textContent.trim(), one.getBoundingClientRect()])
                .filter(([, box]) => Math.min(box.width, box.height) < 24)
                .map(([text, box]) => `${text} ${box.width} x ${box.height}`)"""
        )
        assert small == []  # WCAG 2.2, 2.5.8
