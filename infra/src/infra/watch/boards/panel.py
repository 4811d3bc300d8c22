"""One panel of a dashboard, and how Grafana wants it written."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

COLUMNS: Final = 24
"""Grafana's grid."""
HEIGHT: Final = 7
_SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
_SELECTED: Final = 'namespace=~"$namespace"'


class Unit(StrEnum):
    """Grafana's names of units."""

    COUNT = "short"
    PER_SECOND = "cps"
    SECONDS = "s"
    BYTES = "bytes"
    BYTES_PER_SECOND = "Bps"
    SHARE = "percentunit"
    YES = "bool_yes_no"


@dataclass(frozen=True, slots=True)
class Query:
    """PromQL and what its lines are called, ``{{label}}`` standing for a label's value."""

    expr: str
    legend: str = "{{pod}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """``text`` is what a person reads on the panel's ``i``; a ``stat`` shows the newest value."""

    title: str
    text: str
    queries: tuple[Query, ...]
    unit: Unit = Unit.COUNT
    width: int = 8
    stat: bool = False
    bad_above: float | None = None
    from_zero: bool = True

    def encode(self, *, number: int, x: int, y: int) -> dict[str, Any]:
        """The panel as Grafana reads it, at a place of the grid."""
        return {
            "id": number,
            "type": "stat" if self.stat else "timeseries",
            "title": self.title,
            "description": self.text,
            "datasource": _SOURCE,
            "gridPos": {"x": x, "y": y, "w": self.width, "h": HEIGHT},
            "fieldConfig": {"defaults": self._defaults(), "overrides": []},
            "options": self._options(),
            "targets": [
                {
                    "refId": chr(ord("A") + index),
                    "datasource": _SOURCE,
                    "expr": query.expr,
                    "legendFormat": query.legend,
                    "exemplar": "_bucket" in query.expr,
                }
                for index, query in enumerate(self.queries)
            ],
        }

    def _defaults(self) -> dict[str, Any]:
        steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
        if self.bad_above is not None:
            steps.append({"color": "red", "value": self.bad_above})
        scale = {"min": 0} if self.from_zero else {}
        return {
            "unit": self.unit.value,
            **scale,
            "thresholds": {"mode": "absolute", "steps": steps},
        }

    def _options(self) -> dict[str, Any]:
        if self.stat:
            return {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "value"}
        return {
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
            "tooltip": {"mode": "multi", "sort": "desc"},
        }


def only(metric: str, labels: str = "") -> str:
    """A metric of the namespace that was chosen."""
    return f"{metric}{{{_SELECTED}{',' if labels else ''}{labels}}}"


def rate(metric: str, *, by: str = "pod", labels: str = "") -> str:
    """What a counter rises by in a second."""
    return f"sum by ({by}) (rate({only(metric, labels)}[$__rate_interval]))"


def quantile(share: float, metric: str, *, by: str = "") -> str:
    """The value that so large a share of a histogram's stays below."""
    groups = f"le, {by}" if by else "le"
    return f"histogram_quantile({share:g}, {rate(metric + '_bucket', by=groups)})"


def quantiles(metric: str) -> tuple[Query, ...]:
    """Half of them, and all but one in a hundred."""
    return (
        Query(quantile(0.5, metric), "p50"),
        Query(quantile(0.99, metric), "p99"),
        Query(quantile(0.99, metric, by="pod"), "p99 {{pod}}"),
    )
