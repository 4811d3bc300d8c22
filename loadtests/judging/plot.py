"""Line charts as SVG, written by hand: static, readable in any browser, nothing to load. Pure."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_WIDTH: Final = 760
_HEIGHT: Final = 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 44, 34
_COLOURS: Final = ("#0a7d5c", "#c2410c", "#1d4ed8", "#7c3aed", "#b45309", "#0e7490", "#be123c")
_TICKS: Final = 5
_LETTER: Final = 6.2
_INK, _DIM = "#17202a", "#5b6773"


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart: points from left to right."""

    name: str
    points: Sequence[tuple[float, float]]
    dots: bool = False


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where a value stands."""

    left: float
    right: float
    low: float
    top: float

    def x(self, value: float) -> float:
        span = self.right - self.left or 1.0
        return _LEFT + (value - self.left) / span * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        room = _HEIGHT - _TOP - _BOTTOM
        span = self.top - self.low or 1.0
        return _HEIGHT - _BOTTOM - (min(value, self.top) - self.low) / span * room


def chart(
    title: str,
    series: Sequence[Series],
    *,
    x_name: str,
    y_name: str,
    moments: Sequence[tuple[float, str]] = (),
) -> str:
    """An SVG of all series; without any point it says so."""
    points = [point for one in series for point in one.points]
    drawn = _drawing(series, points, moments, x_name)
    body = "\n".join(drawn if points else _nothing())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="11">\n<title>{escape(title)}</title>\n'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>\n'
        f'<text x="12" y="18" font-size="13" font-weight="600" fill="#17202a">{escape(title)}'
        f'<tspan font-weight="400" fill="#5b6773"> {escape(y_name)}</tspan></text>\n{body}\n</svg>'
    )


def _text(x: float, y: float, said: str, *, anchor: str = "start", colour: str = _DIM) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{said}</text>'


def _nothing() -> Iterator[str]:
    yield _text(_WIDTH / 2, _HEIGHT / 2, "nothing happened", anchor="middle")


def _drawing(
    series: Sequence[Series],
    points: Sequence[tuple[float, float]],
    moments: Sequence[tuple[float, str]],
    x_name: str,
) -> Iterator[str]:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    ticks = _nice(min(0.0, *ys), max(ys))
    frame = _Frame(min(xs), max(xs), ticks[0], ticks[-1])
    yield from _axes(frame, ticks, x_name)
    for at, what in moments:
        if frame.left <= at <= frame.right:
            x = frame.x(at)
            yield (
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}" '
                f'stroke="#8b98a5" stroke-dasharray="3 3"><title>{escape(what)}</title></line>'
            )
    x = 12.0
    for number, one in enumerate(series):
        yield from _line(frame, one, _COLOURS[number % len(_COLOURS)], legend=x)
        x += 32 + _LETTER * len(one.name)


def _axes(frame: _Frame, ticks: Sequence[float], x_name: str) -> Iterator[str]:
    for tick in ticks:
        y = frame.y(tick)
        across = f'x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"'
        yield f'<line {across} stroke="#e5e9ed"/>'
        yield _text(_LEFT - 6, y + 4, _said(tick), anchor="end")
    for tick in _nice(frame.left, frame.right):
        if frame.left <= tick <= frame.right:
            yield _text(frame.x(tick), _HEIGHT - _BOTTOM + 15, _said(tick), anchor="middle")
    yield _text(_WIDTH - _RIGHT, _HEIGHT - 5, escape(x_name), anchor="end")


def _line(frame: _Frame, one: Series, colour: str, *, legend: float) -> Iterator[str]:
    yield f'<rect x="{legend:.0f}" y="26" width="12" height="3" fill="{colour}"/>'
    yield _text(legend + 16, 31, escape(one.name), colour=_INK)
    placed = [(frame.x(px), frame.y(py)) for px, py in one.points]
    path = " ".join(f"{px:.1f},{py:.1f}" for px, py in placed)
    yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
    if one.dots or len(placed) == 1:
        for px, py in placed:
            yield f'<circle cx="{px:.1f}" cy="{py:.1f}" r="2.5" fill="{colour}"/>'


def _nice(low: float, high: float) -> list[float]:
    """Round numbers from at or below ``low`` to at or above ``high``."""
    span = high - low or abs(high) or 1.0
    raw = span / _TICKS
    magnitude = 10 ** math.floor(math.log10(raw))
    step = next(m * magnitude for m in (1, 2, 2.5, 5, 10) if m * magnitude >= raw)
    first = math.floor(low / step)
    return [n * step for n in range(first, math.ceil(high / step) + 1)] or [low, high]


def _said(value: float) -> str:
    if abs(value) >= 1e6:  # noqa: PLR2004 - a million
        return f"{value / 1e6:g}M"
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:g}"  # noqa: PLR2004 - two digits
