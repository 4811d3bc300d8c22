"""What people and servers who mean harm have the rooms show stays text."""

import pytest
from playwright.async_api import Browser, Route, expect

from systemtests.browser import open_alone
from systemtests.hostile import CORPUS, HostileChat, Watch
from systemtests.room_page import enter, texts, wait_in
from systemtests.stack import Stack
from systemtests.talker import talking

pytestmark = pytest.mark.timeout(120)


async def test_what_people_write_stays_text(calm: Stack, browser: Browser) -> None:
    """Through the real chat: as a post, as an edit, in both browsers' pages and after a reload."""
    socket = f"{calm.url.replace('http', 'ws', 1)}/chat/ws"
    async with (
        open_alone(browser, calm.url) as ada,
        talking(socket, name="mallory") as mallory,
    ):
        watch = await Watch.over(ada.page, calm.url)
        await ada.page.reload()
        await enter(ada, "ada", "hostile")
        await mallory.join("hostile")
        taken = []
        for number, text in enumerate(CORPUS):
            answer = await mallory.post(f"c{number}", text, room="hostile")
            if answer["type"] == "ack":
                taken.append((answer["position"], text))
        # The chat itself has an opinion of some (NUL); all that it takes must be shown as it is.
        assert len(taken) >= len(CORPUS) - 1
        await expect(texts(ada)).to_have_text([text for _, text in taken])
        position, _ = taken[-1]
        await mallory.ask(
            "edit", "ack", room="hostile", position=position, text=CORPUS[1], cid="edit"
        )
        await expect(texts(ada).last).to_have_text(CORPUS[1])
        await ada.page.reload()
        await expect(texts(ada)).to_have_count(len(taken))
        assert await texts(ada).all_text_contents() == [
            *(text for _, text in taken[:-1]),
            CORPUS[1],
        ]
        links = ada.page.get_by_test_id("message-link")
        for link in await links.all():
            assert (await link.get_attribute("href") or "").startswith("https://example.test/")
        assert await watch.findings() == []


async def test_a_hostile_name_is_cleaned_or_refused(calm: Stack, browser: Browser) -> None:
    async with open_alone(browser, calm.url) as ada:
        watch = await Watch.over(ada.page, calm.url)
        await ada.page.reload()
        for number, text in enumerate(CORPUS[:4]):
            await ada.page.get_by_test_id("chat-name").fill(text)
            await ada.page.get_by_test_id("chat-room").fill(f"names{number}")
            await ada.page.get_by_test_id("chat-enter").click()
            await wait_in(ada, f"names{number}")
        await ada.page.get_by_test_id("chat-room").fill("<b>")
        await ada.page.get_by_test_id("chat-enter").click()
        assert (await ada.ledger())["chat"]["room"] == "names3"
        await ada.page.goto(f"{calm.url}/rooms/%3Cimg%20src=x%20onerror=window.xss=1%3E")
        await ada.wait_for("airwave.chat.state === 'joined'")
        assert await watch.findings() == []


async def test_even_a_hostile_chat_is_only_shown(calm: Stack, browser: Browser) -> None:
    """Names, members, who is typing, reactions, errors and the list of rooms, all from outside."""

    async def rooms(route: Route) -> None:
        listed = [{"room": text, "count": 1, "time": 1.0} for text in CORPUS]
        await route.fulfill(json={"rooms": listed})

    page = await browser.new_page()
    await HostileChat().take(page)
    await page.route("**/chat/rooms", rooms)
    watch = await Watch.over(page, calm.url)
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page.on("pageerror", lambda error: dialogs.append(str(error)))
    await page.goto(f"{calm.url}/rooms/lobby")
    messages = page.get_by_test_id("message-text")
    await expect(messages).to_have_count(len(CORPUS))
    assert await messages.all_text_contents() == list(CORPUS)
    names = page.get_by_test_id("message-user")
    assert await names.all_text_contents() == list(CORPUS)
    await page.locator("#chat-member-count").click()
    await expect(page.get_by_test_id("member").first).to_have_text(CORPUS[0])
    await expect(page.get_by_test_id("chat-typing")).to_contain_text(CORPUS[0])
    await expect(page.get_by_test_id("chat-notice")).to_have_text(CORPUS[1])
    await expect(page.get_by_test_id("reaction")).to_have_count(len(CORPUS))
    await expect(page.locator("#room-list .name").filter(has_text=CORPUS[2])).to_have_count(1)
    await messages.first.hover()
    assert await watch.findings() == []
    assert dialogs == []


async def test_the_watch_sees_a_page_that_is_taken_in(calm: Stack, browser: Browser) -> None:
    """The same eyes on a page that does put markup into its document."""
    page = await browser.new_page()
    watch = await Watch.over(page, calm.url)

    async def unguarded(route: Route) -> None:
        body = f"<aside id=room><p>{CORPUS[0]}{CORPUS[1]}{CORPUS[11]}</p></aside>"
        await route.fulfill(body=body, content_type="text/html")

    await page.route(f"{calm.url}/unguarded", unguarded)
    await page.goto(f"{calm.url}/unguarded")
    findings = " ".join(await watch.findings())
    for sign in ("code ran", "onerror", "example.test"):
        assert sign in findings
