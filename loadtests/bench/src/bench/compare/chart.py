"""A comparison as a chart: four figures, one bar to a way. Hand-written SVG. Pure."""

from collections.abc import Callable, Iterator
from html import escape
from typing import Final

from bench.compare.results import Comparison
from bench.compare.trial import Trial
from bench.compare.ways import Way

_WIDTH: Final = 820
_LEFT: Final = 260
_ROOM: Final = 440
_LINE: Final = 22
_COLOURS: Final = {
    Way.SSE_GZIP: "#0a7d5c",
    Way.SSE: "#56ab91",
    Way.WEBSOCKET: "#4a62c4",
    Way.LONG_POLLING: "#c2571a",
    Way.POLLING: "#e0a458",
}
_GROUPS: Final[tuple[tuple[str, Callable[[Trial], float], str], ...]] = (
    ("Processor time of feed and edge, µs per reading due", lambda t: t.feed_us + t.edge_us, ".1f"),
    ("Bytes from and to a client, per reading due", lambda t: t.bytes_down + t.bytes_up, ".0f"),
    ("Delay, 99 %, ms", lambda t: t.delay_p99, ".0f"),
    ("Memory of feed and edge, KiB per client", lambda t: t.feed_kib + t.edge_kib, ".1f"),
    ("Readings of an outage that came in the end", lambda t: t.recovered, ".0%"),
)


def svg(run: Comparison) -> str:
    """One group of bars for each figure; longer is more."""
    height = 60 + len(_GROUPS) * _LINE * (len(Way) + 2)
    title = f"The same readings to {run.load.clients} clients, {run.date}"
    body = "\n".join(_bars(run))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'font-family="system-ui, sans-serif" font-size="13" role="img">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>\n'
        f'<text x="16" y="28" font-size="16" font-weight="600">{escape(title)}</text>\n'
        f"{body}\n</svg>\n"
    )


def _bars(run: Comparison) -> Iterator[str]:
    y = 60
    for title, figure, form in _GROUPS:
        yield f'<text x="16" y="{y}" font-weight="600">{escape(title)}</text>'
        found = {way: run.of(way, figure) for way in Way}
        longest = max((one.median for one in found.values() if one), default=0.0) or 1.0
        for way, values in found.items():
            y += _LINE
            yield f'<text x="{_LEFT - 8}" y="{y}" text-anchor="end">{escape(way.words)}</text>'
            if values is None:
                yield f'<text x="{_LEFT}" y="{y}" fill="#667380">not measured</text>'
                continue
            width = max(1.0, values.median / longest * _ROOM)
            yield (
                f'<rect x="{_LEFT}" y="{y - 12}" width="{width:.1f}" height="15" rx="2" '
                f'fill="{_COLOURS[way]}"/>'
            )
            said = format(values.median, form)
            yield f'<text x="{_LEFT + width + 6:.1f}" y="{y}">{said}</text>'
        y += 2 * _LINE
