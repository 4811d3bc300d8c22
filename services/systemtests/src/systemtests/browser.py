"""A real Chromium for tests, and what its pages must never do."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, Literal

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

# Chromium calls home at every start unless told not to; a test loads this machine only.
_ARGUMENTS: Final = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str | None:
    """A Chromium on PATH; None leaves the choice to Playwright, which has its own if installed."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


@asynccontextmanager
async def running_browser() -> AsyncIterator[Browser]:
    """Headless Chromium while the context lasts."""
    arguments = [*_ARGUMENTS]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")  # its sandbox refuses root, as which CI runs
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=arguments)
        try:
            yield browser
        finally:
            await browser.close()


class Tab:
    """One page with what it complained about."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog {dialog.message}"))

    async def ledger(self) -> dict[str, Any]:
        """What the page itself wrote down (services/dashboard/README.md)."""
        page: dict[str, Any] = await self.page.evaluate("() => structuredClone(window.airwave)")
        return page

    async def wait_for(self, condition: str, *, within: float = 30.0) -> None:
        """Wait until a JavaScript expression over ``airwave`` is true."""
        script = f"() => {{ const airwave = window.airwave; return Boolean({condition}); }}"
        await self.page.wait_for_function(script, timeout=within * 1_000)

    async def set_hidden(self, *, hidden: bool) -> None:
        """Headless Chromium shows every tab: tell the page what a browser tells a hidden one."""
        await self.page.evaluate(
            """(hidden) => {
                Object.defineProperty(document, "hidden", {configurable: true, get: () => hidden});
                document.dispatchEvent(new Event("visibilitychange"));
            }""",
            hidden,
        )


@asynccontextmanager
async def open_alone(browser: Browser, url: str) -> AsyncIterator[Tab]:
    """A tab of a browser of its own: nothing is shared with another, and neither is behind it.

    A tab behind another one of its window is drawn once a second, which every click waits for.
    """
    context = await browser.new_context()
    context.set_default_timeout(20_000)
    async with open_tab(context, url) as tab:
        yield tab
    await context.close()


@asynccontextmanager
async def open_tab(context: BrowserContext, url: str) -> AsyncIterator[Tab]:
    """A tab at ``url``; it must have thrown nothing by the time it is closed."""
    page = await context.new_page()
    tab = Tab(page)
    await page.goto(url)
    yield tab
    await page.close()
    assert tab.complaints == []


@asynccontextmanager
async def open_screen(
    browser: Browser,
    url: str,
    *,
    scheme: Literal["light", "dark"] = "light",
    width: int = 1440,
    height: int = 900,
    still: bool = True,
    locale: str = "en-GB",
) -> AsyncIterator[Tab]:
    """A tab of its own context, of such a size; its console must stay free of errors.

    ``still``: its reader asks for reduced motion.
    """
    context = await browser.new_context(
        color_scheme=scheme,
        viewport={"width": width, "height": height},
        reduced_motion="reduce" if still else "no-preference",
        locale=locale,
    )
    async with open_tab(context, url) as tab:
        tab.page.on(
            "console",
            lambda said: tab.complaints.append(said.text) if said.type == "error" else None,
        )
        yield tab
    await context.close()
