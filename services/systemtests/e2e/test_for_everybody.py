"""The page for everybody: by contrast, keys, words, language and size of screen."""

import asyncio
from collections.abc import Iterator
from typing import Final, Literal

import pytest
from playwright.async_api import Browser, expect

from systemtests.browser import open_screen
from systemtests.stack import Stack, running_stack
from systemtests.wcag import against_wcag

_CHART: Final = "/?chart=greenhouse-1%2Ftemperature&chart=greenhouse-1%2Fhumidity&at=20"
_VIEWS: Final = ("/", "/rooms/lobby", "/lab", _CHART)
_LIVE: Final = "airwave.state === 'live' && airwave.records > 50 && airwave.drawn.sparks > 5"

# Texts that are seen: of each its size, and the smallest of all.
_SMALLEST: Final = """() => {
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let least = Infinity;
    while (walk.nextNode()) {
        const {parentElement: of, data} = walk.currentNode;
        if (data.trim() === "" || !of.checkVisibility({visibilityProperty: true})) continue;
        if (of.getBoundingClientRect().width <= 1) continue;
        least = Math.min(least, parseFloat(getComputedStyle(of).fontSize));
    }
    return least;
}"""

# What a screen reader would read out by itself in so many milliseconds.
_SPOKEN: Final = """(during) => new Promise((resolve) => {
    const spoken = [];
    const quiet = (of) => of.getAttribute("aria-live") === "off";
    const live = "[role=status], [role=alert], [role=log], [aria-live]";
    const watch = new MutationObserver((changes) => {
        for (const {target} of changes) {
            const of = (target.nodeType === 1 ? target : target.parentElement)?.closest(live);
            if (of && !quiet(of)) spoken.push(of.textContent);
        }
    });
    watch.observe(document.body, {childList: true, characterData: true, subtree: true});
    const {total} = airwave;
    const end = () => {
        if (airwave.total < total + 100) return void setTimeout(end, during);
        watch.disconnect();
        resolve(spoken);
    };
    setTimeout(end, during);
})"""


# A whole stack and several pages, on a machine whose cores may be taken.
pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("stack")) as stack:
        yield stack


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
async def test_axe_finds_nothing_against_wcag(
    stack: Stack, browser: Browser, scheme: Literal["light", "dark"], width: int
) -> None:
    async def look(path: str) -> None:
        async with open_screen(browser, stack.url + path, scheme=scheme, width=width) as tab:
            await tab.wait_for("airwave.state === 'live' && airwave.chat.state === 'joined'")
            await tab.wait_for("airwave.records > 50")
            if path == "/":
                await tab.page.get_by_test_id("feed-log").locator("summary").click()
            assert await against_wcag(tab) == [], path

    await asyncio.gather(*map(look, _VIEWS))


async def test_axe_finds_what_is_wrong(stack: Stack, browser: Browser) -> None:
    async with open_screen(browser, stack.url) as tab:
        await tab.wait_for(_LIVE)
        faint = "() => document.getElementById('now-title').style.color = '#bbb'"
        await tab.page.evaluate(faint)
        assert [rule for rule, _ in await against_wcag(tab)] == ["color-contrast"]


@pytest.mark.parametrize(
    ("width", "height", "least"), [(360, 740, 10.5), (820, 1180, 10.5), (3840, 2160, 17)]
)
async def test_everything_fits_and_can_be_read_at_any_size(
    stack: Stack, browser: Browser, width: int, height: int, least: float
) -> None:
    async def look(path: str) -> None:
        async with open_screen(browser, stack.url + path, width=width, height=height) as tab:
            await tab.wait_for("airwave.state === 'live' && airwave.records > 50")
            scrolled = await tab.page.evaluate("() => document.documentElement.scrollWidth")
            assert scrolled <= width, path
            assert await tab.page.evaluate(_SMALLEST) >= least, path

    await asyncio.gather(*map(look, _VIEWS))


async def test_light_and_dark_are_remembered(stack: Stack, browser: Browser) -> None:
    async with open_screen(browser, stack.url) as tab:
        ground = "() => getComputedStyle(document.body).backgroundColor"
        light = await tab.page.evaluate(ground)
        await tab.page.get_by_test_id("theme").click()
        await tab.page.get_by_test_id("theme").click()
        dark = await tab.page.evaluate(ground)
        assert dark != light
        await tab.page.reload()
        assert await tab.page.evaluate(ground) == dark


async def test_whoever_asks_for_stillness_gets_it(stack: Stack, browser: Browser) -> None:
    async with open_screen(browser, stack.url) as tab:
        await tab.wait_for(_LIVE)
        assert await tab.page.evaluate("() => document.getAnimations().length") == 0


async def test_readings_are_not_read_out(stack: Stack, browser: Browser) -> None:
    async with open_screen(browser, stack.url) as tab:
        await tab.wait_for(_LIVE + " && airwave.chat.state === 'joined'")
        spoken = tab.page.locator("#feed-spoken")
        await expect(spoken).to_have_text("Readings: live")
        assert await tab.page.evaluate(_SPOKEN, 3_000) == []


async def test_numbers_are_written_as_the_reader_writes_them(
    stack: Stack, browser: Browser
) -> None:
    async with open_screen(browser, stack.url, locale="de-DE") as tab:
        await tab.wait_for(_LIVE)
        value = tab.page.locator(
            "[data-testid=reading-value][data-sensor='greenhouse-1/temperature']"
        )
        text = await value.text_content() or ""
        assert "," in text
        assert "." not in text
