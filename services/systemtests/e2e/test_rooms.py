"""The rooms of the page in a real browser, behind the real edge: people who talk in them."""

import pytest
from playwright.async_api import Browser, expect

from systemtests.browser import open_alone
from systemtests.room_page import enter, expect_texts, go, message, room_entry, say, texts
from systemtests.stack import Stack
from systemtests.talker import talking

pytestmark = pytest.mark.timeout(120)


async def test_an_edit_a_reaction_and_a_deletion_show_in_both_browsers(
    calm: Stack, browser: Browser
) -> None:
    async with (
        open_alone(browser, calm.url) as ada,
        open_alone(browser, calm.url) as bob,
    ):
        await enter(ada, "ada", "changes")
        await enter(bob, "bob", "changes")
        await say(ada, "the dor is open")
        await say(ada, "never mind")
        await expect_texts(bob, ["the dor is open", "never mind"])
        await message(ada, "the dor").hover()
        await ada.page.get_by_test_id("message-edit").click()
        await expect(ada.page.get_by_test_id("chat-mode")).to_contain_text("Editing")
        await say(ada, "the door is open")
        await expect_texts(bob, ["the door is open", "never mind"])
        await expect(message(bob, "the door").locator("time")).to_contain_text("edited")

        await message(bob, "the door").hover()
        # What somebody else wrote isn't offered for changing.
        await expect(bob.page.get_by_test_id("message-edit")).to_be_hidden()
        await bob.page.get_by_test_id("message-react").click()
        await bob.page.locator("[data-testid=emoji][data-emoji='🎉']").click()
        chip = message(ada, "the door").get_by_test_id("reaction")
        await expect(chip).to_have_text("🎉 1")
        await chip.click()
        await expect(message(bob, "the door").get_by_test_id("reaction")).to_have_text("🎉 2")
        await chip.click()
        await expect(message(bob, "the door").get_by_test_id("reaction")).to_have_text("🎉 1")

        await message(ada, "never mind").hover()
        await ada.page.get_by_test_id("message-delete").click()
        await expect_texts(bob, ["the door is open", "Message deleted"])
        # A page that comes later sees the same.
        await bob.page.reload()
        await expect_texts(bob, ["the door is open", "Message deleted"])
        await expect(message(bob, "the door").get_by_test_id("reaction")).to_have_text("🎉 1")


async def test_who_comes_goes_and_writes_is_shown(calm: Stack, browser: Browser) -> None:
    async with open_alone(browser, calm.url) as ada:
        await enter(ada, "ada", "presence")
        await ada.page.locator("#chat-member-count").click()
        members = ada.page.get_by_test_id("member")
        await expect(members).to_have_text(["ada"])
        async with open_alone(browser, calm.url) as bob:
            await enter(bob, "bob", "presence")
            await expect(members).to_have_text(["ada", "bob"], timeout=20_000)
            await expect(ada.page.get_by_test_id("chat-words")).to_contain_text("2 members")
            await bob.page.get_by_test_id("chat-input").press_sequentially("I th")
            typing = ada.page.get_by_test_id("chat-typing")
            await expect(typing).to_contain_text("bob", timeout=20_000)
            await say(bob, "I think so")
            await expect(typing).to_have_text("", timeout=20_000)
        await expect(members).to_have_text(["ada"], timeout=20_000)


async def test_what_is_said_elsewhere_is_counted_until_it_is_looked_at(
    calm: Stack, browser: Browser
) -> None:
    async with (
        open_alone(browser, calm.url) as ada,
        open_alone(browser, calm.url) as bob,
    ):
        await enter(ada, "ada", "here")
        await enter(ada, "ada", "elsewhere")
        await enter(bob, "bob", "here")
        await say(bob, "one")
        await say(bob, "two for Ada, in Canada")
        unread = room_entry(ada, "here").get_by_test_id("room-unread")
        await expect(unread).to_have_text("@1 · 2")
        assert (await ada.ledger())["chat"]["rooms"]["here"] == {"unread": 2, "mentions": 1}
        # A reload forgets none of it.
        await ada.page.reload()
        await expect(unread).to_have_text("@1 · 2", timeout=20_000)
        await go(ada, "here")
        await expect(unread).to_be_hidden()
        named = message(ada, "two for")
        await expect(named).to_have_attribute("data-mention", "true")
        await expect(named.get_by_test_id("mention")).to_have_text(["Ada"])
        await expect(ada.page.get_by_test_id("chat-spoken")).not_to_contain_text("Ada")


async def test_a_hidden_tab_counts_what_came_meanwhile(calm: Stack, browser: Browser) -> None:
    async with (
        open_alone(browser, calm.url) as ada,
        open_alone(browser, calm.url) as bob,
    ):
        await enter(ada, "ada", "hidden")
        await enter(bob, "bob", "hidden")
        await ada.set_hidden(hidden=True)
        for text in ("one", "two", "three"):
            await say(bob, text)
        await ada.wait_for("airwave.chat.rooms.hidden.unread === 3")
        await ada.set_hidden(hidden=False)
        await ada.wait_for("airwave.chat.rooms.hidden.unread === 0")
        await expect_texts(ada, ["one", "two", "three"])


async def test_scrolling_up_brings_all_that_was_ever_said(calm: Stack, browser: Browser) -> None:
    async with talking(f"{calm.url.replace('http', 'ws', 1)}/chat/ws", name="bob") as bob:
        await bob.join("long")
        await bob.post_all(1, 130, room="long")
    async with open_alone(browser, calm.url) as ada:
        await enter(ada, "ada", "long")
        await expect(texts(ada).last).to_have_text("130")
        assert await texts(ada).count() < 130
        scroll = ada.page.locator("#chat-scroll")
        for _ in range(12):
            if (await ada.ledger())["chat"]["messages"] == 130:
                break
            before = (await ada.ledger())["chat"]["messages"]
            await scroll.evaluate("element => { element.scrollTop = 0; }")
            await ada.wait_for(f"airwave.chat.messages > {before}")
        await expect(texts(ada)).to_have_text([str(at) for at in range(1, 131)])
        # What was in sight when older ones came in above stayed where it was.
        assert await scroll.evaluate("element => element.scrollTop") > 0
        await expect(ada.page.get_by_test_id("chat-earlier")).to_be_hidden()
        await ada.page.get_by_test_id("chat-to-end").click()
        await expect(texts(ada).last).to_be_in_viewport()


async def test_what_is_sent_before_the_page_is_drawn_again_is_of_the_room_one_is_in(
    calm: Stack, browser: Browser
) -> None:
    async with open_alone(browser, calm.url) as ada:
        await enter(ada, "ada", "study")
        await enter(ada, "ada", "hall")
        await ada.page.get_by_test_id("chat-input").fill("for the hall alone")
        # Both within one frame, as on a page that is slow to draw.
        await ada.page.evaluate(
            """() => {
              document.querySelector("[data-testid=room][data-room=study] .go").click();
              document.getElementById("chat-write").requestSubmit();
              const input = document.getElementById("chat-input");
              input.value = "for the study";
              input.dispatchEvent(new Event("input", { bubbles: true }));
              document.getElementById("chat-write").requestSubmit();
            }"""
        )
        await expect_texts(ada, ["for the study"])
        await go(ada, "hall")
        await expect(ada.page.get_by_test_id("chat-input")).to_have_value("for the hall alone")
        await expect_texts(ada, [])


async def test_a_draft_outlives_a_reload_and_another_room(calm: Stack, browser: Browser) -> None:
    async with open_alone(browser, calm.url) as ada:
        await enter(ada, "ada", "drafts")
        field = ada.page.get_by_test_id("chat-input")
        await field.fill("half a thought")
        await enter(ada, "ada", "other")
        await expect(field).to_have_value("")
        await go(ada, "drafts")
        await expect(field).to_have_value("half a thought")
        await ada.page.reload()
        await expect(field).to_have_value("half a thought")
        await field.press("Enter")
        await expect_texts(ada, ["half a thought"])
        await ada.page.reload()
        await expect(field).to_have_value("")


async def test_an_address_in_a_message_is_shown_and_not_fetched(
    calm: Stack, browser: Browser
) -> None:
    asked: list[str] = []
    async with open_alone(browser, calm.url) as ada:
        ada.page.on("request", lambda request: asked.append(request.url))
        await enter(ada, "ada", "links")
        await say(ada, "see https://example.test/pixel.png?who=ada, or javascript:alert(1)")
        link = ada.page.get_by_test_id("message-link")
        await expect(link).to_have_text(["https://example.test/pixel.png?who=ada"])
        await expect(link).to_have_attribute("rel", "noopener noreferrer")
        await expect(link).to_have_attribute("target", "_blank")
        await message(ada, "see https").hover()
        await ada.page.reload()
        await expect(link).to_have_count(1)
    assert [url for url in asked if "example.test" in url] == []
