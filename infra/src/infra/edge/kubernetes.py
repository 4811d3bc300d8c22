"""What a cluster's edges are told: Gateway API routes, controllers' policies, charts' values."""

from collections.abc import Mapping
from pathlib import Path
from textwrap import indent
from typing import Final

from infra.edge.timeouts import Timeouts
from infra.edge.writing import RENDERED, TEMPLATES, busy_event, seconds
from infra.template import places, render

_FOLDER: Final = TEMPLATES / "kubernetes"
_ROUTES: Final = "routes.yaml"
# Only Envoy Gateway does what HTTPRoute.timeouts says: Traefik accepts and ignores it, NGINX
# Gateway Fabric says that it can't.
_HONOUR_TIMEOUTS: Final = frozenset({"edge-envoy-gateway"})
_ROUTED: Final = ("edge-envoy-gateway", "edge-nginx-gateway-fabric", "edge-traefik")


def files(timeouts: Timeouts) -> dict[str, str]:
    """The rendered files of every component, by ``component/name``."""
    values = _values(timeouts)
    own = {
        f"{path.parent.name}/{path.name.removesuffix('.template')}": _fill(path, values)
        for path in sorted(_FOLDER.glob("*/*.template"))
    }
    routes = {f"{component}/{_ROUTES}": _routes(component, values) for component in _ROUTED}
    return own | routes


def _fill(path: Path, values: Mapping[str, str]) -> str:
    return render(path, {name: values[name] for name in places(path)})


def _routes(component: str, values: Mapping[str, str]) -> str:
    stream = "timeouts:\n        request: 0s\n      "
    call = f"timeouts:\n        request: {values['response']}\n      "
    honours = component in _HONOUR_TIMEOUTS
    return _fill(
        _FOLDER / f"{_ROUTES}.template",
        {
            **values,
            "stream_timeouts": stream if honours else "",
            "call_timeouts": call if honours else "",
        },
    )


def _values(timeouts: Timeouts) -> dict[str, str]:
    edge, drain, limits, retry = timeouts.edge, timeouts.drain, timeouts.limits, timeouts.retry
    leaves = drain.pre_stop + drain.edge_shutdown + drain.margin
    return {
        "rendered": RENDERED,
        # A text without a chance in it: the middle of the range.
        "busy": _block(busy_event((retry.shortest_ms + retry.longest_ms) // 2)),
        "body_bytes": str(limits.body_bytes),
        "client_header": seconds(edge.client_header),
        "client_keepalive": seconds(edge.client_keepalive),
        "connect": seconds(edge.connect),
        "edge_grace_seconds": str(int(leaves.total_seconds())),
        "edge_shutdown": seconds(drain.edge_shutdown),
        "header_bytes": str(limits.header_bytes),
        "idle": seconds(edge.idle),
        "pre_stop": seconds(drain.pre_stop),
        "read": seconds(edge.client_header + edge.client_body),
        "response": seconds(edge.response),
        "upstream_connections": str(limits.upstream_connections),
        "upstream_keepalive": seconds(edge.upstream_keepalive),
    }


def _block(text: str) -> str:
    """``text``, which ends with an empty line, inside a block of YAML that keeps it (``|+``)."""
    return indent(text, " " * 12).removesuffix("\n")
