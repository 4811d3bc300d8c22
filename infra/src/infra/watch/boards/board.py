"""A dashboard: panels in titled rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from infra.watch.boards.panel import COLUMNS, HEIGHT, Panel

TAG: Final = "airwave"


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under one title."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """``name`` is the file's name and the end of the address."""

    name: str
    title: str
    rows: Sequence[Row]

    def encode(self) -> dict[str, Any]:
        """The dashboard as Grafana reads it."""
        return {
            "uid": f"airwave-{self.name}",
            "title": self.title,
            "tags": [TAG],
            "schemaVersion": 39,
            "refresh": "15s",
            "time": {"from": "now-1h", "to": "now"},
            "timezone": "browser",
            "graphTooltip": 1,
            "links": [
                {"type": "dashboards", "tags": [TAG], "asDropdown": False, "title": "Airwave"}
            ],
            "templating": {"list": _variables()},
            "panels": list(self._panels()),
        }

    def _panels(self) -> Iterator[dict[str, Any]]:
        number, y = 1, 0
        for row in self.rows:
            yield {
                "id": number,
                "type": "row",
                "title": row.title,
                "collapsed": False,
                "panels": [],
                "gridPos": {"x": 0, "y": y, "w": COLUMNS, "h": 1},
            }
            number, y, x = number + 1, y + 1, 0
            for panel in row.panels:
                if x + panel.width > COLUMNS:
                    x, y = 0, y + HEIGHT
                yield panel.encode(number=number, x=x, y=y)
                number, x = number + 1, x + panel.width
            y += HEIGHT


def _variables() -> list[dict[str, Any]]:
    source = {"type": "prometheus", "uid": "${datasource}"}
    return [
        {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"},
        {
            "name": "namespace",
            "label": "Namespace",
            "type": "query",
            "datasource": source,
            "query": {"query": "label_values(feed_connections, namespace)", "refId": "namespace"},
            "refresh": 2,
            "includeAll": True,
            "allValue": ".*",
            "current": {"text": "All", "value": "$__all"},
        },
    ]
