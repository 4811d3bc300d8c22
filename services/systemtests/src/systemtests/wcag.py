"""A page against the Web Content Accessibility Guidelines, as far as axe can tell."""

from pathlib import Path
from typing import Any, Final

from systemtests.browser import Tab

_AXE: Final = Path(__file__).parents[3] / "dashboard/node_modules/axe-core/axe.min.js"
_LEVELS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


async def against_wcag(tab: Tab) -> list[tuple[str, list[str]]]:
    """What axe finds, by rule, with the elements it is about."""
    await tab.page.evaluate(_AXE.read_text("utf-8"))
    run = "(tags) => axe.run({runOnly: {type: 'tag', values: tags}})"
    found: dict[str, Any] = await tab.page.evaluate(run, _LEVELS)
    assert len(found["passes"]) > 10
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]]
