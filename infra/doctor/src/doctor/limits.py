"""Whose default a limit resembles: a hint, for anybody may have set the same number. Pure."""

from typing import Final

# Seconds, and whose.
_IDLE: Final = (
    (30, "GKE timeoutSec"),
    (50, "HAProxy timeout server and client (the usual example's value)"),
    (60, "nginx proxy_read_timeout, AWS ALB"),
    (100, "Cloudflare"),
    (120, "Cloudflare"),
    (300, "Envoy stream_idle_timeout"),
    (350, "AWS NLB"),
    (3600, "HAProxy timeout tunnel"),
)
_TOTAL: Final = (
    (15, "Envoy route timeout, so Envoy Gateway and Cilium"),
    (30, "GKE timeoutSec"),
    (60, "a gateway's usual request timeout"),
)
_NEAR: Final = 0.05  # of the default; and what scheduling and the network add
_SLACK: Final = 0.7
_LATE: Final = 1.0  # seconds between a cut by Envoy and its close (delayed_close_timeout)


def resembles_idle(seconds: float) -> str:
    """Whose default idle limit that is, or nobody's."""
    return _resembles(seconds, _IDLE)


def resembles_total(seconds: float) -> str:
    """Whose default total limit that is, or nobody's."""
    return _resembles(seconds, _TOTAL)


def _resembles(seconds: float, table: tuple[tuple[int, str], ...]) -> str:
    near = [whose for limit, whose in table if _is_near(seconds, limit, whose)]
    return f"the default of {'; '.join(near)}" if near else "nobody's default that we know"


def _is_near(seconds: float, limit: int, whose: str) -> bool:
    slack = max(_SLACK, limit * _NEAR)
    late = _LATE if "Envoy" in whose else 0.0
    return limit - slack <= seconds <= limit + slack + late
