"""The page that holds a verdict, plots and tables: one file that loads nothing. Pure."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from judging.facts import Facts
from judging.verdict import Verdict

_STYLE: Final = """
body{font:15px/1.5 system-ui,sans-serif;max-width:800px;margin:2rem auto;padding:0 1rem;
color:#17202a;background:#f4f6f8}
h1{font-size:1.4rem;margin:0 0 .3rem}h2{font-size:1.05rem;margin:2rem 0 .5rem}
.verdict{border-left:6px solid;padding:.7rem 1rem;background:#fff;border-radius:4px}
.passed{border-color:#0a7d5c}.FAILED{border-color:#be123c}.VOID{border-color:#b45309}
svg{width:100%;height:auto;background:#fff;border-radius:4px;margin:.4rem 0}
table{border-collapse:collapse;width:100%;background:#fff;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .5rem;text-align:right;border-bottom:1px solid #e5e9ed}
th:first-child,td:first-child{text-align:left}.facts{color:#5b6773}
"""


def page(
    facts: Facts, verdict: Verdict, *, plots: Iterable[str], tables: Iterable[tuple[str, str]]
) -> str:
    """The whole file; each table with its heading."""
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in verdict.reasons)
    notes = "".join(f"<li>{escape(note)}</li>" for note in verdict.notes)
    sections = "\n".join(f"<h2>{escape(heading)}</h2>\n{table}" for heading, table in tables)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(facts.title)}: {verdict.word}</title>"
        f"<style>{_STYLE}</style></head><body>\n"
        f'<div class="verdict {verdict.word}"><h1>{escape(facts.title)}: {verdict.word}</h1>\n'
        f'<div class="facts">{escape(facts.target)} · {escape(facts.ended)} · '
        f"{escape(facts.machine)}</div>\n"
        f"{f'<ul>{reasons}</ul>' if reasons else ''}</div>\n"
        f"{f'<ul>{notes}</ul>' if notes else ''}\n"
        + "\n".join(plots)
        + f"\n{sections}\n</body></html>\n"
    )


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """An HTML table; the first column is text."""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in heads)
    body = "\n".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>"


def columns(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The same for a terminal."""
    every = [tuple(heads), *map(tuple, rows)]
    widths = [max(len(row[n]) for row in every) for n in range(len(heads))]
    return "\n".join(
        row[0].ljust(widths[0])
        + "".join(f"  {c.rjust(w)}" for c, w in zip(row[1:], widths[1:], strict=True))
        for row in every
    )
