"""What a person does in the rooms of the page, with the mouse."""

from playwright.async_api import Locator, expect

from systemtests.browser import Tab


async def enter(tab: Tab, name: str, room: str) -> None:
    """Enter ``room`` as ``name``."""
    await tab.page.get_by_test_id("chat-name").fill(name)
    await tab.page.get_by_test_id("chat-room").fill(room)
    await tab.page.get_by_test_id("chat-enter").click()
    await wait_in(tab, room)


async def wait_in(tab: Tab, room: str, *, within: float = 30.0) -> None:
    """Wait until the tab has joined ``room`` and shows it."""
    await tab.wait_for(
        f"airwave.chat.state === 'joined' && airwave.chat.room === '{room}'", within=within
    )


async def go(tab: Tab, room: str) -> None:
    """Go to a room of the list."""
    await room_entry(tab, room).locator(".go").click()
    await wait_in(tab, room)


async def say(tab: Tab, text: str) -> None:
    """Write ``text`` into the room that is shown."""
    await tab.page.get_by_test_id("chat-input").fill(text)
    await tab.page.get_by_test_id("chat-send").click()


def texts(tab: Tab) -> Locator:
    """The texts of the messages shown, oldest first."""
    return tab.page.get_by_test_id("message-text")


def message(tab: Tab, text: str) -> Locator:
    """The message with this text."""
    having = tab.page.get_by_test_id("message-text").filter(has_text=text)
    return tab.page.get_by_test_id("message").filter(has=having)


def room_entry(tab: Tab, room: str) -> Locator:
    """The room's line in the list of rooms."""
    return tab.page.locator(f"[data-testid=room][data-room='{room}']")


async def expect_texts(tab: Tab, expected: list[str], *, within: float = 20.0) -> None:
    """The room shows just these messages, in this order."""
    await expect(texts(tab)).to_have_text(expected, timeout=within * 1_000)
