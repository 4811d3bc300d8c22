"""What several proxies' configurations say in the same words."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

from infra.edge.timeouts import Retry
from infra.repository import INFRA
from infra.template import render

TEMPLATES: Final = INFRA / "edge"
RENDERED: Final = "Rendered from infra/edge/timeouts.toml by `make render-edges`: do not edit."
BUCKETS: Final = 16
"""Different delays; enough to spread a crowd over the range."""


def template(proxy: str, name: str, values: Mapping[str, str]) -> str:
    """The file ``name`` of ``proxy``; a file that people see says that it was rendered."""
    return render(TEMPLATES / proxy / f"{name}.template", values)


def write(files: Mapping[str, str], folder: Path) -> None:
    """Write ``files`` into ``folder``, each at once: a proxy may be watching."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        new = folder / f".{name}.new"
        new.write_text(text, encoding="utf-8")
        new.replace(folder / name)


def seconds(duration: timedelta) -> str:
    """``duration`` as every proxy reads it: ``75s``."""
    return f"{int(duration.total_seconds())}s"


def delays_ms(retry: Retry) -> list[int]:
    """Delays that spread those who are sent away evenly over the range of ``retry``."""
    step = (retry.longest_ms - retry.shortest_ms) / (BUCKETS - 1)
    return [round(retry.shortest_ms + step * bucket) for bucket in range(BUCKETS)]


def retry_after(retry: Retry) -> str:
    """Whole seconds for a proxy that has no chance: the middle of the range."""
    return str(-(-(retry.shortest_ms + retry.longest_ms) // 2000))


def busy_event(delay: object, *, end: str = "\n") -> str:
    """A stream that says "come back": protocol.md; ``end`` is how a line end is written."""
    said = f'{{"reconnect_in_ms":{delay},"reason":"upstream_down"}}'
    return end.join((f"retry: {delay}", "event: busy", f"data: {said}", "", ""))
