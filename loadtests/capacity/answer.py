"""The answer as a table, with what it rests on. Pure."""

from collections.abc import Iterator

from capacity.leastsquares import Estimate
from capacity.model import Model, Service
from capacity.sizing import HEADROOM, Demand, Need
from judging.page import columns

_MICRO = 1e6
_KIB = 1024
_MBIT = 8 / 1e6


_CPU = (
    ("CPU µs per write to a subscriber", "write", _MICRO),
    ("CPU µs per KiB written", "byte", _MICRO * _KIB),
    ("CPU µs per connection and second", "connection", _MICRO),
    ("CPU µs per reading or message heard", "heard", _MICRO),
    ("CPU µs per post, its history with it", "post", _MICRO),
    ("CPU of one that idles, % of a core", "base", 100.0),
)
_MEMORY = (
    ("memory KiB per connection", "connection", _KIB),
    ("memory MiB of one that idles", "base", _KIB**2),
)
_HEADS = (
    "service",
    "replicas",
    "CPU cores",
    "memory MiB",
    "egress Mbit/s",
    "with gzip",
    "tightest limit",
    "full",
)


def fitted(model: Model) -> str:
    """The costs that were fitted, with a standard error each, and the checks."""
    services = list(model.services.values())
    rows = [(said, *(_cost(one, name, scale) for one in services)) for said, name, scale in _CPU]
    rows += [
        (said, *(_memory(one, name, unit) for one in services)) for said, name, unit in _MEMORY
    ]
    rows += [
        ("knee, share of one core", *map(_knee, services)),
        ("off at a size not fitted on", *(f"{one.check_error:.1%}" for one in services)),
    ]
    return "\n".join(
        [
            columns(("cost", *model.services), rows),
            f"measured {model.measured} on {model.machine}",
            "± one standard error; –: too little to be told; assumed: the generator ended first",
        ]
    )


def answer(model: Model, demand: Demand, found: list[Need]) -> str:
    """What a demand needs."""
    each = demand.users / demand.rooms
    question = (
        f"{demand.users:,} users, each shown {demand.rate:g} readings a second, in "
        f"{demand.rooms:,} rooms of {each:,.0f}, {demand.posts:g} posts a minute each:"
    )
    how = (
        f"A replica is filled to {HEADROOM:.0%} of its knee; in brackets for one standard error "
        "less and more. CPU and memory are of all replicas together. Egress is what leaves the "
        "service, without TCP's and TLS's own."
    )
    assumed = [one.name for one in model.services.values() if one.knee_limited]
    knees = f" The knee of {', '.join(assumed)} is assumed." if assumed else ""
    where = f"Rests on costs measured {model.measured} on {model.machine}.{knees}"
    rows = [tuple(_row(model, need)) for need in found]
    return "\n".join([question, columns(_HEADS, rows), how, where])


def _row(model: Model, need: Need) -> Iterator[str]:
    yield need.service
    if not need.possible:
        yield from ("no number is enough", "–", "–", "–", "–")
        yield f"{need.tightest}, of what each has to do"
        yield "over"
        return
    # Streams can be compressed, frames of chat are not.
    whole = need.egress * _MBIT
    gzip = whole * model.sizes.gzip if need.service == "feed" else None
    spread = f" ({need.fewest}–{need.most})" if need.fewest != need.most else ""
    yield f"{need.replicas}{spread}"
    yield _said(need.cpu)
    yield _said(Estimate(need.memory.value / _KIB**2, need.memory.error / _KIB**2))
    yield f"{whole:,.0f}"
    yield "as it is" if gzip is None else f"{gzip:,.0f}"
    yield need.tightest
    yield f"{need.loads[need.tightest]:.0%}"


def _cost(service: Service, name: str, scale: float) -> str:
    return _scaled(service.cpu.cost(name), scale)


def _memory(service: Service, name: str, unit: float) -> str:
    return _scaled(service.memory.cost(name), 1 / unit)


def _scaled(cost: Estimate, scale: float) -> str:
    return _said(Estimate(cost.value * scale, cost.error * scale)) if cost.value else "–"


def _knee(service: Service) -> str:
    if service.knee_limited:
        return f"assumed {service.knee:.0%}, seen {service.knee_seen:.0%}"
    return f"{service.knee:.0%}"


def _said(estimate: Estimate) -> str:
    digits = 0 if estimate.value >= 100 else 1 if estimate.value >= 10 else 2  # noqa: PLR2004 - three figures
    return f"{estimate.value:,.{digits}f} ± {estimate.error:,.{digits}f}"
