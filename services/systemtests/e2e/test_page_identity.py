"""The page where feed and chat ask for tokens: signing in, tickets, roles, the end of a token."""

import time
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, expect

from realtime.testing import Issuer
from realtime.testing.issuer import ISSUER
from systemtests.browser import Tab, open_alone
from systemtests.page_ledger import check_unbroken
from systemtests.room_page import expect_texts, message, say, wait_in
from systemtests.stack import Stack, running_stack

pytestmark = pytest.mark.timeout(120)

SCOPE = "sensors:> rooms:*"


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    return Issuer(tmp_path_factory.mktemp("issuer"))


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, issuer: Issuer) -> Iterator[Stack]:
    settings = {"AUTH": "jwt", "JWKS": str(issuer.jwks), "ISSUER": ISSUER}
    with running_stack(tmp_path_factory.mktemp("stack"), settings=settings) as stack:
        yield stack


async def sign_in(tab: Tab, token: str) -> None:
    await tab.page.get_by_test_id("chat-token").fill(token)
    await tab.page.get_by_test_id("chat-token-use").click()


async def test_a_person_signs_in_and_has_readings_and_rooms(
    stack: Stack, browser: Browser, issuer: Issuer
) -> None:
    asked: list[str] = []
    token = issuer.token("ada", SCOPE)
    async with open_alone(browser, stack.url) as tab:
        tab.page.on("request", lambda request: asked.append(request.url))
        form = tab.page.get_by_test_id("chat-sign-in")
        await expect(form).to_be_visible()
        assert (await tab.ledger())["records"] == 0
        await sign_in(tab, token)
        await wait_in(tab, "lobby")
        await expect(form).to_be_hidden()
        assert (await tab.ledger())["chat"]["user"] == "ada"
        await tab.wait_for("airwave.state === 'live' && airwave.records > 20", within=60)
        await say(tab, "signed in")
        await expect_texts(tab, ["signed in"])
        # A reload asks nobody again: the token is the tab's.
        await tab.page.reload()
        await wait_in(tab, "lobby")
        await tab.wait_for("airwave.state === 'live' && airwave.records > 20", within=60)
        check_unbroken(await tab.ledger())
    signature = token.rpartition(".")[2]
    assert [url for url in asked if signature in url] == []
    tickets = [url for url in asked if "ticket=" in url]
    assert len(tickets) == len(set(tickets)) >= 2


async def test_a_link_signs_in_and_the_token_does_not_stay_in_the_address(
    stack: Stack, browser: Browser, issuer: Issuer
) -> None:
    token = issuer.token("bob", SCOPE)
    async with open_alone(browser, f"{stack.url}/rooms/link#token={token}") as tab:
        await wait_in(tab, "link")
        assert (await tab.ledger())["chat"]["user"] == "bob"
        assert "token" not in await tab.page.evaluate("() => location.href")


async def test_a_stream_goes_on_by_another_ticket_when_the_feed_was_killed(
    stack: Stack, browser: Browser, issuer: Issuer
) -> None:
    async with open_alone(browser, f"{stack.url}/#token={issuer.token('ada', SCOPE)}") as tab:
        await tab.wait_for("airwave.state === 'live' && airwave.records > 20")
        stack.feed.kill()
        await tab.wait_for("airwave.state !== 'live'")
        stack.feed.start_nowait()
        seen = (await tab.ledger())["records"]
        await tab.wait_for(f"airwave.state === 'live' && airwave.records > {seen + 20}", within=60)
        check_unbroken(await tab.ledger())


async def test_a_token_that_is_refused_is_said_to_be(
    stack: Stack, browser: Browser, issuer: Issuer
) -> None:
    async with open_alone(browser, stack.url) as tab:
        await sign_in(tab, issuer.token("ada", SCOPE, aud="somebody-else"))
        await expect(tab.page.get_by_test_id("chat-sign-in")).to_contain_text("token")
        await expect(tab.page.get_by_test_id("chat-sign-in")).to_be_visible()
        assert (await tab.ledger())["chat"]["state"] != "joined"
        await sign_in(tab, issuer.token("ada", SCOPE))
        await wait_in(tab, "lobby")


@pytest.mark.whole  # 25 s: a token's end is warned of at most so long before
async def test_the_end_of_a_token_is_warned_of_and_another_one_goes_on(
    stack: Stack, browser: Browser, issuer: Issuer
) -> None:
    short = issuer.token("ada", SCOPE, exp=int(time.time() + 25))
    async with open_alone(browser, f"{stack.url}/rooms/end#token={short}") as tab:
        await wait_in(tab, "end")
        form = tab.page.get_by_test_id("chat-sign-in")
        await expect(form).to_contain_text("The token ends in")
        await sign_in(tab, issuer.token("ada", SCOPE))
        await expect(form).to_be_hidden()
        await say(tab, "still here")
        await tab.wait_for(f"Date.now() / 1000 > {time.time() + 25}")
        await wait_in(tab, "end")
        await expect_texts(tab, ["still here"])


async def test_only_a_moderator_is_offered_what_others_wrote(
    stack: Stack, browser: Browser, issuer: Issuer
) -> None:
    rooms = f"{stack.url}/rooms/moderated#token="
    boss = issuer.token("eve", "sensors:> rooms:moderated:moderator")
    async with (
        open_alone(browser, rooms + issuer.token("ada", SCOPE)) as ada,
        open_alone(browser, rooms + boss) as eve,
    ):
        await wait_in(ada, "moderated")
        await wait_in(eve, "moderated")
        await say(ada, "rude")
        await message(eve, "rude").hover()
        await eve.page.get_by_test_id("message-delete").click()
        await expect_texts(ada, ["Message deleted"])
        await say(eve, "be kind")
        await message(ada, "be kind").hover()
        await expect(ada.page.get_by_test_id("message-delete")).to_be_hidden()
