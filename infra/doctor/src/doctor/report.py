"""Findings for people and for machines."""

import json
import textwrap
from typing import Final

from doctor.finding import Finding, Severity, worst
from doctor.plan import Plan

_MARKS: Final = {
    Severity.OK: "ok      ",
    Severity.INFO: "info    ",
    Severity.UNKNOWN: "can't tell",
    Severity.WARNING: "WARNING ",
    Severity.PROBLEM: "PROBLEM ",
}
_INDENT: Final = " " * 13


def as_text(plan: Plan, findings: tuple[Finding, ...]) -> str:
    """The report that is printed."""
    kind = "a WebSocket" if plan.target.websocket else "an event stream"
    lines = [f"{plan.target.url} as {kind}", ""]
    for finding in findings:
        lines += _lines(finding)
    lines += ["", _closing(findings)]
    return "\n".join(lines) + "\n"


def _lines(finding: Finding) -> list[str]:
    lines = [f"{_MARKS[finding.severity]:<10} | {finding.check}: {finding.found}"]
    if finding.means:
        lines += textwrap.wrap(
            finding.means, 100, initial_indent=_INDENT, subsequent_indent=_INDENT
        )
    return lines + [f"{_INDENT}→ {knob}" for knob in finding.knobs]


def _closing(findings: tuple[Finding, ...]) -> str:
    counts = [
        f"{count} {severity}{'s' if count > 1 and severity is not Severity.UNKNOWN else ''}"
        for severity in (Severity.PROBLEM, Severity.WARNING, Severity.UNKNOWN)
        if (count := sum(1 for one in findings if one.severity is severity))
    ]
    return ", ".join(counts) or "nothing to complain of"


def as_json(plan: Plan, findings: tuple[Finding, ...]) -> str:
    """The report as ``report.schema.json`` describes it."""
    document = {
        "version": 1,
        "url": plan.target.url,
        "kind": "websocket" if plan.target.websocket else "event-stream",
        "worst": worst(findings),
        "findings": [
            {
                "check": one.check,
                "severity": one.severity,
                "found": one.found,
                "means": one.means,
                "knobs": list(one.knobs),
            }
            for one in findings
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
