"""What each client does in each scenario, every cell; the README's table is this one."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from systemtests.others.running import CLIENTS


def _row(answer: str, **others: str) -> Mapping[str, str]:
    named = {name.replace("_", "-"): other for name, other in others.items()}
    return dict.fromkeys(CLIENTS, answer) | named


TABLE: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "connect": _row("hello snapshot readings"),
        "unicode": _row("whole"),
        "newlines": _row("whole"),
        # It splits lines as Python's str does, at U+2028 too.
        "separators": _row("whole", aiosseclient="cut at the separator"),
        "crlf": _row("whole"),
        # It reads up to LF.
        "cr": _row("whole", aiosseclient="no event"),
        "comments": _row("whole"),
        # Against the standard (9.2.6: without data nothing is dispatched); so the feed sends none.
        "no data": _row(
            "whole",
            fetch_event_source="whole, and empty events",
            httpx_sse="whole, and empty events",
            aiosseclient="whole, and empty events",
        ),
        "heartbeat": _row("heard, with an id"),
        # Those from PyPI never come back by themselves: that is their user's to do.
        "drop": _row(
            "tells an error",
            eventsource="comes back, resumed",
            eventsource_client="comes back, resumed",
            fetch_event_source="comes back, resumed",
        ),
        # The browser's interface takes no headers.
        "resume": _row("by the header", eventsource="by the query"),
        # Of those that end: one closes silently, two don't look at the status.
        "204": _row(
            "tells an error",
            eventsource_client="tells nothing",
            fetch_event_source="asks again",
            aiosseclient="tells an end",
            sseclient_py="tells an end",
        ),
        "503": _row(
            "tells an error",
            eventsource_client="asks again",
            fetch_event_source="asks again",
            aiosseclient="tells an end",
            sseclient_py="tells an end",
        ),
        # fetch-event-source comes back after errors, not after a proper end.
        "busy": _row(
            "hears it, tells an end",
            eventsource="comes back until it is let in",
            eventsource_client="comes back until it is let in",
        ),
        "drain": _row(
            "hears it, tells an end",
            eventsource="hears it, comes back, resumed",
            eventsource_client="hears it, comes back, resumed",
        ),
    }
)


def markdown() -> str:
    """The table for people."""
    lines = ["| scenario | " + " | ".join(CLIENTS) + " |", "| --- " * (len(CLIENTS) + 1) + "|"]
    for scenario, answers in TABLE.items():
        cells = " | ".join(answers[client] for client in CLIENTS)
        lines.append(f"| {scenario} | {cells} |")
    return "\n".join(lines)
