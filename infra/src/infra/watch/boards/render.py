"""Dashboards as files: rendered, committed beside the manifests that hand them to Grafana."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from infra.watch.boards.chat import CHAT
from infra.watch.boards.feed import FEED
from infra.watch.boards.overview import OVERVIEW
from infra.watch.boards.producer import PRODUCER
from infra.watch.rules import MONITORING

DASHBOARDS: Final = MONITORING / "dashboards"
BOARDS: Final = (OVERVIEW, FEED, CHAT, PRODUCER)


def rendered() -> Iterator[tuple[Path, str]]:
    """Every file and what is to be in it."""
    for board in BOARDS:
        text = json.dumps(board.encode(), indent=1, ensure_ascii=False)
        yield DASHBOARDS / f"{board.name}.json", text + "\n"


def stale() -> list[Path]:
    """The files that are not as they would be rendered now."""
    return [
        path
        for path, text in rendered()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]


def write() -> None:
    """Write them all."""
    DASHBOARDS.mkdir(exist_ok=True)
    for path, text in rendered():
        path.write_text(text, encoding="utf-8")
