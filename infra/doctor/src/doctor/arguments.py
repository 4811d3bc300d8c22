"""The command line."""

import argparse
import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from doctor.duration import parse_duration
from doctor.errors import BadDurationError
from doctor.finding import Severity
from doctor.knobs import Proxy
from doctor.plan import Plan
from doctor.target import parse_target
from doctor.trust import Trust

_MOST_CONNECTIONS: Final = 4_000
_LONGEST: Final = timedelta(hours=6)
_NO_HEADER: Final = "a header is NAME: VALUE"
_TOO_LONG: Final = "at most 6h"
_TOO_MANY: Final = f"0 to {_MOST_CONNECTIONS}"
_EXIT: Final = """exit status: 0 nothing at or above --fail-on; 1 something; 2 the endpoint
could not be examined (a bad URL, no such host, refused, TLS), or the command line is wrong.

Without more the program opens some twenty connections, a handful at a time (and --connections
together), sends nothing but requests, and takes little longer than --idle. A WebSocket that is not
Airwave's gets no message unless --frames is given."""


def parser() -> argparse.ArgumentParser:
    """The options, with their help."""
    made = argparse.ArgumentParser(
        prog="python -m doctor",
        description="Examine a deployed SSE or WebSocket endpoint, anybody's: what cuts, buffers or"
        " compresses it, and the knob to turn.",
        epilog=_EXIT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = made.add_argument
    add("url", metavar="URL", help="http:// and https:// are streams, ws:// and wss:// WebSockets")
    add(
        "--idle", type=_duration, default="70s", metavar="TIME", help="wait so long for a cut (70s)"
    )
    add("--age", type=_duration, default="0s", metavar="TIME", help="wait for a maximum age")
    add("--patience", type=_duration, default="10s", metavar="TIME", help="for an answer (10s)")
    add("--connections", type=_count, default=7, metavar="N", help="open so many at once (7)")
    add("--websocket", action="store_true", help="a WebSocket, though the URL says http")
    add("--subprotocol", action="append", default=[], metavar="NAME", help="offer it; repeatable")
    add(
        "--header",
        action="append",
        type=_header,
        default=[],
        metavar="'NAME: VALUE'",
        help="send it along",
    )
    add("--frames", action="store_true", help="send one frame of 1 MiB to a WebSocket")
    add(
        "--proxy",
        action="append",
        default=[],
        choices=sorted(proxy.name.lower() for proxy in Proxy),
    )
    add("--ca", type=Path, metavar="FILE", help="believe this authority too")
    add("--insecure", action="store_true", help="believe any certificate")
    add("--json", action="store_true", help="print JSON (report.schema.json) instead of text")
    add("--quiet", action="store_true", help="tell no progress on standard error")
    add("--fail-on", choices=["warning", "problem"], default="problem", help="status 1 from here")
    return made


def plan_of(asked: argparse.Namespace) -> Plan:
    """The plan that the options ask for.

    Raises:
        BadUrlError: the URL is none.
    """
    return Plan(
        target=parse_target(asked.url, websocket=True if asked.websocket else None),
        trust=Trust(ca=asked.ca, insecure=asked.insecure),
        headers=dict(asked.header),
        subprotocols=tuple(asked.subprotocol),
        proxies=tuple(Proxy[name.upper()] for name in asked.proxy),
        idle=asked.idle,
        age=asked.age,
        patience=asked.patience,
        connections=asked.connections,
        frames=asked.frames,
    )


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options as given; the program ends with status 2 where they are wrong."""
    return parser().parse_args(arguments)


def fails_from(asked: argparse.Namespace) -> Severity:
    """The severity from which the exit status is 1."""
    return Severity(asked.fail_on)


def _duration(text: str) -> timedelta:
    try:
        given = parse_duration(text)
    except BadDurationError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    if given > _LONGEST:
        raise argparse.ArgumentTypeError(_TOO_LONG)
    return given


def _header(text: str) -> tuple[str, str]:
    name, colon, value = (part.strip() for part in text.partition(":"))
    if not colon or not re.fullmatch(r"[A-Za-z0-9-]+", name) or not value.isprintable():
        raise argparse.ArgumentTypeError(_NO_HEADER)
    return name, value


def _count(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= _MOST_CONNECTIONS:
        raise argparse.ArgumentTypeError(_TOO_MANY)
    return int(text)
