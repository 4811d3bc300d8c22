"""The chart: processor time per delivery, one bar to a contender. Hand-written SVG. Pure."""

from collections.abc import Iterator
from html import escape
from typing import Final

from bench.contenders import Wire
from bench.results import Results
from bench.rows import Row, loads_of, rows_of

_WIDTH: Final = 760
_LEFT: Final = 330  # where the bars begin
_ROOM: Final = 300  # the longest of them
_LINE: Final = 24
_OURS: Final = ("feed", "chat")
_COLOURS: Final = {"floor": "#8b98a5", "ours": "#0a7d5c", "other": "#9db7d5"}


def svg(results: Results) -> str:
    """One group of bars for each load and wire."""
    groups = [
        (f"{wire}, {subscribers:,} subscribers, {rate:g} events/s", rows)
        for subscribers, rate in loads_of(results)
        for wire in Wire
        if (rows := rows_of(results, wire, subscribers, rate))
    ]
    height = 60 + sum(_LINE * (len(rows) + 2) for _, rows in groups)
    longest = max((row.cpu.median for _, rows in groups for row in rows if row.cpu), default=1.0)
    body = "\n".join(_groups(groups, longest))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'font-family="system-ui, sans-serif" font-size="13" role="img">\n'
        f"<title>Processor time per delivery</title>\n"
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>\n'
        f'<text x="16" y="28" font-size="16" font-weight="600">Server processor time per delivery, '
        f"µs (× the C floor)</text>\n{body}\n</svg>\n"
    )


def _groups(groups: list[tuple[str, list[Row]]], longest: float) -> Iterator[str]:
    y = 60
    for title, rows in groups:
        yield f'<text x="16" y="{y}" font-weight="600">{escape(title)}</text>'
        for row in rows:
            y += _LINE
            yield from _bar(row, y, longest)
        y += 2 * _LINE


def _bar(row: Row, y: int, longest: float) -> Iterator[str]:
    yield f'<text x="{_LEFT - 8}" y="{y}" text-anchor="end">{escape(row.entrant.title)}</text>'
    if row.cpu is None:
        yield f'<text x="{_LEFT}" y="{y}" fill="#667380">{_why_not(row)}</text>'
        return
    kind = "floor" if row.is_floor else "ours" if row.entrant.name in _OURS else "other"
    width = max(1.0, row.cpu.median / longest * _ROOM)
    said = f"{row.cpu.median:.1f}"
    if row.to_floor is not None and not row.is_floor:
        said += f" ({row.to_floor:.2f}×)"
    yield (
        f'<rect x="{_LEFT}" y="{y - 13}" width="{width:.1f}" height="17" rx="2" '
        f'fill="{_COLOURS[kind]}"/>'
    )
    yield f'<text x="{_LEFT + width + 6:.1f}" y="{y}">{said}</text>'


def _why_not(row: Row) -> str:
    if row.entrant.missing is not None:
        return "not here"
    return "VOID" if row.rounds else "not measured"
