"""The report: JSON for machines, one HTML file with a timeline of each run for people."""

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from systemtests.chaos.outcome import Outcome
from systemtests.chaos.timeline import timeline_of

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8884 }
td.n, th.n { text-align: right } .bad { color: #c02020; font-weight: 600 } .good { color: #18794e }
figure { margin: 2rem 0 } svg { width: 100%; height: auto } figcaption { margin-bottom: .3rem }
:root { color-scheme: light dark }
"""


def facts_of(outcome: Outcome) -> dict[str, Any]:
    """One run as JSON has it."""
    verdict = outcome.verdict
    return {
        "name": outcome.name,
        "row": outcome.row,
        "pass": outcome.ok,
        "problems": outcome.problems,
        "broken": verdict.classes(),
        "examples": {
            name: [str(one) for one in getattr(verdict, name)[:10]] for name in verdict.classes()
        },
        "told": verdict.told,
        "stale_seconds": round(verdict.stale_seconds, 3),
        "stale_allowed": outcome.allowed.bound,
        "silent_seconds": round(verdict.silent_seconds, 3),
        "acknowledged": outcome.sent,
        "delivered": outcome.delivered,
        "reconnects": outcome.reconnects,
        "farewells": outcome.farewells,
        "seconds": round(outcome.seconds, 1),
        "faults": [asdict(span) for span in outcome.spans],
        "flow": asdict(outcome.flow),
    }


def write_report(folder: Path, outcomes: Sequence[Outcome], *, notes: dict[str, str]) -> Path:
    """Write both files; gives the HTML's path."""
    folder.mkdir(parents=True, exist_ok=True)
    about = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.system()} {platform.release()} {platform.machine()}",
        **notes,
    }
    facts = {
        "about": about,
        "pass": all(o.ok for o in outcomes),
        "runs": list(map(facts_of, outcomes)),
    }
    (folder / "report.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")
    page = folder / "report.html"
    page.write_text(_page(about, outcomes), encoding="utf-8")
    return page


def table_of(outcomes: Sequence[Outcome]) -> str:
    """The table for a terminal."""
    lines = [
        f"{'fault':30} {'pass':5} {'stale':>7} {'told':>5} {'acked':>7} {'seen':>8} {'time':>7}"
    ]
    for o in outcomes:
        said = "yes" if o.ok else "NO"
        lines.append(
            f"{o.name:30} {said:5} {o.verdict.stale_seconds:6.1f}s {o.verdict.told:5}"
            f" {o.sent:7} {o.delivered:8} {o.seconds:6.1f}s"
        )
        lines += [f"    {problem}" for problem in o.problems]
    return "\n".join(lines)


def _page(about: dict[str, str], outcomes: Sequence[Outcome]) -> str:
    rows = "".join(map(_row, outcomes))
    figures = "".join(
        f"<figure id='run{n}'><figcaption>{escape(o.name)}</figcaption>{timeline_of(o)}</figure>"
        for n, o in enumerate(outcomes)
    )
    said = "".join(f"<li>{escape(name)}: {escape(text)}</li>" for name, text in about.items())
    head = "".join(
        f"<th{' class=n' if number else ''}>{name}</th>"
        for name, number in (
            ("fault", False),
            ("catalogue", False),
            ("pass", False),
            ("stale, s", True),
            ("allowed, s", True),
            ("told", True),
            ("acknowledged", True),
            ("delivered", True),
            ("reconnects", True),
            ("time, s", True),
        )
    )
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Airwave: chaos</title>"
        f"<style>{_STYLE}</style><h1>Faults, and what came of them</h1><ul>{said}</ul>"
        f"<table><tr>{head}</tr>{rows}</table><h2>Timelines</h2>"
        "<p>Bars are faults; below them, per second: acknowledged, readings delivered to all"
        f" streams, messages delivered to all members; red ticks are told losses.</p>"
        f"{figures}</html>"
    )


def _row(outcome: Outcome) -> str:
    verdict = outcome.verdict
    kind, word = ("good", "yes") if outcome.ok else ("bad", "no: " + "; ".join(outcome.problems))
    figures = (
        f"{verdict.stale_seconds:.1f}",
        f"{outcome.allowed.bound:g}",
        verdict.told,
        outcome.sent,
        outcome.delivered,
        outcome.reconnects,
        f"{outcome.seconds:.0f}",
    )
    cells = "".join(f"<td class=n>{figure}</td>" for figure in figures)
    return (
        f"<tr><td>{escape(outcome.name)}</td><td>{escape(outcome.row)}</td>"
        f"<td class={kind}>{escape(word)}</td>{cells}</tr>"
    )
