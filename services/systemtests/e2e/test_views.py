"""The readings' views in a real browser: search, the large chart, the connection's log."""

import gzip
import json
import re
from base64 import b64encode
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlencode

import pytest
from playwright.async_api import Browser, Response, expect

from realtime.contracts import Record, encode_pack
from systemtests.browser import open_screen, open_tab
from systemtests.device import connected_device
from systemtests.stack import Stack, running_stack

_LIVE: Final = "airwave.state === 'live' && airwave.records > 50 && airwave.drawn.sparks > 5"
_MARKUP: Final = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    '"><svg onload=alert(1)>',
    "javascript:alert(1)",
    "{{7*7}}${7*7}",
    "\u202e\u0000\ufeff",
)

# 9 September 2001, not near any other day when it is seen from another zone.
_TAPE: Final = 1_000_000_000

# Colours of a picture that was saved: an empty one has a single one.
_COLOURS: Final = """async (text) => {
    const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes]));
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const {data} = context.getImageData(0, 0, image.width, image.height);
    return new Set(new Uint32Array(data.buffer)).size;
}"""

_NOTE_PAPER: Final = """() => addEventListener("beforeprint", () => {
    window.paper = getComputedStyle(document.body).backgroundColor;
})"""

_FILES: Final = {"document", "script", "stylesheet", "image", "font"}


# A whole stack and several pages, on a machine whose cores may be taken.
pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("stack")) as stack:
        yield stack


async def test_a_search_narrows_the_stream_and_stands_in_the_address(
    stack: Stack, browser: Browser
) -> None:
    async with open_screen(browser, stack.url) as tab:
        await tab.wait_for(_LIVE)
        async with tab.page.expect_request(re.compile(r"/feed/readings\?.*sensor=")) as asked:
            await tab.page.get_by_test_id("find").fill("*/temperature")
        assert "sensor=*%2Ftemperature" in (await asked.value).url.replace("%2A", "*")
        await expect(tab.page).to_have_url(re.compile(r"\?q=\*%2Ftemperature"))
        rows = tab.page.locator("[data-testid=reading]:visible")
        await expect(rows).to_have_count(4)
        # Readings go on, of these sensors alone, and the address shows the same to somebody else.
        await tab.wait_for("airwave.state === 'live'")
        async with open_screen(browser, tab.page.url) as other:
            await expect(other.page.locator("[data-testid=reading]:visible")).to_have_count(4)
            await expect(other.page.get_by_test_id("find")).to_have_value("*/temperature")


async def test_a_large_chart_reaches_back_and_can_be_shared_and_saved(
    stack: Stack, browser: Browser
) -> None:
    async with open_screen(browser, stack.url) as tab:
        await tab.wait_for(_LIVE)
        row = "[data-testid=reading][data-sensor='greenhouse-1/temperature'] button"
        async with tab.page.expect_response("**/feed/readings/history?sensor=*") as answered:
            await tab.page.locator(row).click()
        assert (await answered.value).ok
        large = tab.page.get_by_test_id("large")
        await expect(large.locator("canvas")).to_be_visible()
        await tab.page.get_by_test_id("large-name").fill("greenhouse-2/temperature")
        await tab.page.get_by_test_id("large-name").press("Enter")
        await tab.page.get_by_test_id("large-threshold").fill("21.5")
        await tab.page.get_by_test_id("large-threshold").press("Enter")
        values = tab.page.get_by_test_id("large-value")
        await expect(values).to_have_text([re.compile("°C")] * 2)
        await expect(tab.page).to_have_url(re.compile("at=21.5"))
        await tab.page.get_by_test_id("large-closer").click()
        await expect(tab.page.get_by_test_id("large-live")).to_have_attribute(
            "aria-pressed", "false"
        )
        # What is looked at stands in the address, too, once it rests.
        await expect(tab.page).to_have_url(re.compile(r"from=[\d.]+&to=[\d.]+"))
        for button, start in (("large-png", b"\x89PNG"), ("large-csv", b"time,greenhouse-1/temp")):
            async with tab.page.expect_download() as saved:
                await tab.page.get_by_test_id(button).click()
            assert (await (await saved.value).path()).read_bytes().startswith(start)
        shared = tab.page.url
        await tab.page.keyboard.press("Escape")
        await expect(large).not_to_be_visible()
        async with open_screen(browser, shared) as other:
            await expect(other.page.get_by_test_id("large-value")).to_have_count(2)
            await expect(other.page.get_by_test_id("threshold")).to_have_count(1)
            live = other.page.get_by_test_id("large-live")
            await expect(live).to_have_attribute("aria-pressed", "false")
            assert other.page.url == shared
            await live.click()
            await expect(other.page).not_to_have_url(re.compile("from="))


async def test_a_recording_is_drawn_where_it_is(stack: Stack, browser: Browser) -> None:
    """The large chart has its window and not the one that ends now, with what is stored of it."""
    async with connected_device(stack) as broker, open_screen(browser, stack.url) as tab:
        await tab.wait_for("airwave.state === 'live'")
        for n in range(3):
            pack = [Record(n="tape/level", v=4 + n, t=_TAPE + n)]
            await broker.publish("sensors.tape.level", encode_pack(pack), message_id=f"tape:{n}")
        row = tab.page.locator("[data-testid=reading][data-sensor='tape/level'] button")
        await row.click()
        await expect(tab.page.get_by_test_id("large-value")).to_have_text("6")
        await expect(tab.page.locator("#large-moment")).to_contain_text("2001")
        await expect(tab.page.get_by_test_id("large-note")).to_have_text("")
        async with tab.page.expect_download() as saved:
            await tab.page.get_by_test_id("large-csv").click()
        rows = (await (await saved.value).path()).read_text("utf-8").splitlines()
        assert [row.split(",")[1] for row in rows] == ["tape/level", "4", "5", "6"]


async def test_a_chart_is_looked_at_by_keys_and_by_wheel(stack: Stack, browser: Browser) -> None:
    async with open_screen(browser, stack.url) as tab:
        await tab.wait_for(_LIVE)
        press = tab.page.keyboard.press
        name = tab.page.locator("[data-sensor='greenhouse-1/temperature'] button")
        await name.focus()
        await press("Enter")
        live = tab.page.get_by_test_id("large-live")
        plot = tab.page.get_by_test_id("large-plot")
        whole = await plot.get_attribute("aria-label") or ""
        assert whole.startswith("Chart of greenhouse-1/temperature, from")
        await press("+")
        await press("+")
        await expect(live).to_have_attribute("aria-pressed", "false")
        # A part that is looked at stays where it is while time goes on, also under a new line.
        await press("ArrowLeft")
        there = await plot.get_attribute("aria-label") or ""
        assert there != whole
        await tab.page.get_by_test_id("large-threshold").fill("20")
        await press("Enter")
        await expect(tab.page.get_by_test_id("threshold")).to_have_count(1)
        await expect(plot).to_have_attribute("aria-label", there)
        await tab.page.get_by_test_id("large-closer").focus()
        await press("Home")
        await expect(live).to_have_attribute("aria-pressed", "true")
        # What lies before the page's own beginning is stored, and not here at once.
        await expect(tab.page.get_by_test_id("large-note")).to_have_text("", timeout=60_000)
        for _ in range(3):
            await press("Shift+ArrowLeft")
        spoken = tab.page.get_by_test_id("large-spoken")
        told = r"\d\d:\d\d:\d\d, greenhouse-1/temperature [\d.]+ °C"
        await expect(spoken).to_have_text(re.compile(told))
        await tab.page.locator("#large-plot .u-over").hover()
        await tab.page.mouse.wheel(0, -300)
        await expect(live).to_have_attribute("aria-pressed", "false")
        await press("Escape")
        await expect(tab.page.get_by_test_id("large")).not_to_be_visible()
        await expect(name).to_be_focused()


async def test_the_window_is_saved_and_printed_as_it_is_searched(
    stack: Stack, browser: Browser
) -> None:
    address = stack.url + "/?q=*/temperature"
    async with open_screen(browser, address, scheme="dark") as tab:
        await tab.wait_for(_LIVE.replace("> 5", "> 3"))
        async with tab.page.expect_download() as saved:
            await tab.page.get_by_test_id("save-csv").click()
        header, *rows = (await (await saved.value).path()).read_text("utf-8").splitlines()
        assert header == "time,sensor,value,unit"
        assert {row.split(",")[1] for row in rows} == {
            f"greenhouse-{n}/temperature" for n in range(1, 5)
        }
        async with tab.page.expect_download() as saved:
            await tab.page.get_by_test_id("save-png").click()
        picture = (await (await saved.value).path()).read_bytes()
        assert picture.startswith(b"\x89PNG")
        assert await tab.page.evaluate(_COLOURS, b64encode(picture).decode()) > 20
        await tab.page.evaluate(_NOTE_PAPER)
        assert (await tab.page.pdf()).startswith(b"%PDF")
        # Dark on white, and as it was before once it is printed.
        paper, after = await tab.page.evaluate(
            "() => [window.paper, getComputedStyle(document.body).backgroundColor]"
        )
        assert paper == "rgb(243, 245, 244)"
        assert after == "rgb(16, 22, 21)"
        await tab.page.emulate_media(media="print")
        await expect(tab.page.get_by_test_id("find")).not_to_be_visible()
        await expect(tab.page.get_by_test_id("device").first).to_be_visible()


async def test_the_connection_says_what_became_of_it(stack: Stack, browser: Browser) -> None:
    # Not a screen: the browser itself writes refused connections to the console.
    async with open_tab(await browser.new_context(), stack.url) as tab:
        await tab.wait_for("airwave.state === 'live'")
        await tab.page.get_by_test_id("feed-log").locator("summary").click()
        await expect(tab.page.get_by_test_id("feed-role")).to_have_text("leader")
        log = tab.page.get_by_test_id("feed-log-list").locator("li")
        await expect(log.filter(has_text="→ live").first).to_be_visible()
        stack.feed.kill()
        await tab.wait_for("airwave.state !== 'live'")
        await expect(tab.page.get_by_test_id("feed-state")).not_to_have_attribute(
            "data-state", "live"
        )
        stack.feed.start()
        await tab.wait_for("airwave.state === 'live'", within=50)
        await expect(log.filter(has_text="Reconnected, nothing missed")).to_have_count(1)


async def test_units_and_texts_that_look_like_markup_stay_text(
    stack: Stack, browser: Browser
) -> None:
    async with open_screen(browser, stack.url + "/?device=hostile") as tab:
        await tab.wait_for("airwave.state === 'live'")
        async with connected_device(stack) as broker:
            for n, text in enumerate(_MARKUP):
                pack = [Record(n=f"hostile/t{n}", vs=text), Record(n=f"hostile/v{n}", u=text, v=n)]
                await broker.publish("sensors.hostile.pack", encode_pack(pack), message_id=f"h{n}")
        rows = tab.page.locator("[data-testid=reading]:visible")
        await expect(rows).to_have_count(2 * len(_MARKUP))
        shown = tab.page.locator("[data-testid=reading-value][data-sensor='hostile/t0']")
        await expect(shown).to_have_text(_MARKUP[0])
        # An address is from outside too: names that no device could have, a search, a device.
        names = [("chart", name) for name in ("hostile/v0", *_MARKUP)]
        query = urlencode([*names, ("q", _MARKUP[0]), ("device", _MARKUP[1]), ("at", _MARKUP[2])])
        await tab.page.goto(f"{stack.url}/?{query}")
        await expect(tab.page.get_by_test_id("large-value").first).to_contain_text("<img")
        await expect(tab.page.get_by_test_id("large-title")).to_contain_text(_MARKUP[1])
        assert await tab.page.locator("img[src=x], svg, script:not([src])").count() == 0


async def test_the_first_load_keeps_its_budget(stack: Stack, browser: Browser) -> None:
    """Everything the browser fetches to show the page, each file compressed: 120 KB in all."""
    context = await browser.new_context()
    page = await context.new_page()
    files: list[Response] = []
    page.on(
        "response",
        lambda got: files.append(got) if got.request.resource_type in _FILES else None,
    )
    await page.goto(stack.url, wait_until="load")
    await page.wait_for_function("() => window.airwave.drawn.sparks > 5")
    sizes = {file.url: len(gzip.compress(await file.body())) for file in files}
    print("first load:", json.dumps(sizes), sum(sizes.values()))  # noqa: T201 -- a figure to read
    assert {file.request.resource_type for file in files} >= {"document", "script", "stylesheet"}
    assert sum(sizes.values()) <= 120 * 1024
    await context.close()
