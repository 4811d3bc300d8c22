"""The page with a token that ends: it is told, says so, and goes on with a newer one."""

import time
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, expect

from realtime.testing import Issuer
from systemtests.browser import open_tab
from systemtests.page_ledger import check_unbroken
from systemtests.stack import Stack, running_stack

SCOPE = "sensors:>"


# A whole stack and several pages, on a machine whose cores may be taken.
pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    return Issuer(tmp_path_factory.mktemp("issuer"))


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, issuer: Issuer) -> Iterator[Stack]:
    feeding = {
        "AUTH": "jwt",
        "JWKS": str(issuer.jwks),
        "ISSUER": issuer.settings["issuer"],
        "ALGORITHMS": ",".join(issuer.settings["algorithms"]),
    }
    with running_stack(tmp_path_factory.mktemp("stack"), feeding=feeding) as stack:
        yield stack


async def test_a_token_that_ends_is_told_and_a_newer_one_goes_on(
    stack: Stack, browser: Browser, issuer: Issuer
) -> None:
    short = issuer.token("ada", SCOPE, exp=int(time.time()) + 15)
    context = await browser.new_context()
    async with open_tab(context, f"{stack.url}/#token={short}") as tab:
        await tab.wait_for("airwave.state === 'live' && airwave.records > 20")
        assert short not in tab.page.url
        words = tab.page.get_by_test_id("feed-words")
        await expect(words).to_contain_text("sign-in ends at")
        await tab.wait_for("airwave.state === 'signed_out'", within=60)
        await expect(words).to_contain_text("Signed out")
        newer = issuer.token("ada", SCOPE)
        await tab.page.evaluate("(token) => sessionStorage.setItem('airwave.token', token)", newer)
        await tab.wait_for("airwave.state === 'live'", within=60)
        seen = (await tab.ledger())["records"]
        await tab.wait_for(f"airwave.records > {seen + 20}")
        check_unbroken(await tab.ledger())
    await context.close()
