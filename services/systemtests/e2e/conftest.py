"""What the browser's tests share."""

from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, BrowserContext

from systemtests.browser import running_browser
from systemtests.stack import Stack, running_stack


@pytest.fixture(scope="session")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Without a producer, and for tests that kill nothing: they use rooms of their own."""
    with running_stack(tmp_path_factory.mktemp("calm"), producer=False) as stack:
        yield stack


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A Chromium of the test's own."""
    async with running_browser() as browser:
        yield browser


@pytest.fixture
async def context(browser: Browser) -> BrowserContext:
    """One profile of it, whose tabs know each other; it ends with the browser."""
    return await browser.new_context()
