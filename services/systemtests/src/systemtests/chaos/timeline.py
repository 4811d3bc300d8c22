"""A run as a picture: when what was done, and what came through."""

from collections.abc import Sequence
from html import escape

from systemtests.chaos.outcome import Outcome, Span

WIDTH, LANE, PLOT = 1000, 18, 60
_FONT = "font-size='11' font-family='system-ui, sans-serif' fill='currentColor'"


def timeline_of(outcome: Outcome) -> str:
    """Inline SVG."""
    seconds = max(outcome.seconds, 1.0)
    lanes = _lanes(outcome.spans)
    parts: list[str] = []
    for number, lane in enumerate(lanes):
        parts += [_bar(span, number * LANE, seconds) for span in lane]
    top = len(lanes) * LANE + 10
    flow = outcome.flow
    for name, row, colour in (
        ("acknowledged", flow.stored, "#6b7280"),
        ("readings", flow.readings, "#2563eb"),
        ("messages", flow.messages, "#059669"),
    ):
        parts.append(_area(name, row, top, seconds, colour))
        top += PLOT + 12
    for at in flow.gaps:
        x = at / seconds * WIDTH
        parts.append(
            f"<path d='M{x:.1f} {len(lanes) * LANE} V{top}' stroke='#c02020' opacity='.6'/>"
        )
    parts.append(_axis(top, seconds))
    return f"<svg viewBox='0 0 {WIDTH} {top + 20}' role='img'>{''.join(parts)}</svg>"


def _lanes(spans: Sequence[Span]) -> list[list[Span]]:
    """Spans that overlap go below each other."""
    lanes: list[list[Span]] = []
    for span in sorted(spans, key=lambda s: s.begin):
        for lane in lanes:
            if lane[-1].end <= span.begin:
                lane.append(span)
                break
        else:
            lanes.append([span])
    return lanes


def _bar(span: Span, top: float, seconds: float) -> str:
    x, width = span.begin / seconds * WIDTH, max((span.end - span.begin) / seconds * WIDTH, 2)
    title = f"{escape(span.name)}, {span.begin:.1f} to {span.end:.1f} s"
    label = (
        f"<text x='{x + 3:.1f}' y='{top + 12}' {_FONT}>{escape(span.name)}</text>"
        if width > 7 * len(span.name)
        else ""
    )
    return (
        f"<g><title>{title}</title><rect x='{x:.1f}' y='{top}' width='{width:.1f}'"
        f" height='{LANE - 3}' fill='#f59e0b' opacity='.55'/>{label}</g>"
    )


def _area(name: str, row: Sequence[int], top: float, seconds: float, colour: str) -> str:
    most = max(row, default=0) or 1
    points = [
        f"{n / seconds * WIDTH:.1f},{top + PLOT - count / most * PLOT:.1f}"
        for n, count in enumerate(row)
    ]
    base = f"{top + PLOT:.1f}"
    end = f"{min(len(row), seconds) / seconds * WIDTH:.1f}"
    return (
        f"<polygon points='0,{base} {' '.join(points)} {end},{base}' fill='{colour}' opacity='.7'/>"
        f"<text x='4' y='{top + 10}' {_FONT}>{name}, at most {most}/s</text>"
    )


def _axis(top: float, seconds: float) -> str:
    step = next(s for s in (5, 10, 30, 60, 120, 300, 3_600) if seconds / s <= 20)
    return "".join(
        f"<text x='{at / seconds * WIDTH:.1f}' y='{top + 14}' {_FONT}>{at} s</text>"
        for at in range(0, int(seconds) + 1, step)
    )
