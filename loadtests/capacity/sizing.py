"""How many replicas a crowd needs, and of what: arithmetic on the fitted costs. Pure."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from capacity.leastsquares import Estimate
from capacity.model import Model, Service

HEADROOM: Final = 0.6
"""The share of its knee that a replica is meant to use: the rest is for the loss of a neighbour."""
CONNECTIONS_MAX: Final = 10_000
"""A replica's own limit (`FEED_CONNECTIONS`, `CHAT_CONNECTIONS`)."""
MEMORY_MAX: Final = 1024**3
"""Bytes: a replica's limit in k8s/base."""
FLUSHES_MAX: Final = 50.0
"""Events a second of one stream: a flush takes 20 ms at least."""
_POD_COUNT_MAX: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """``users``, each with a stream and a room; ``rate``: readings a second that each is shown.

    ``rooms`` over which they spread; ``posts``: of one user in a minute; ``link``: bytes a second
    that an edge's machine may send.
    """

    users: int
    rate: float
    rooms: int
    posts: float
    link: float = 125_000_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What one service needs: ``cpu`` in cores and ``memory`` in bytes over all its replicas.

    ``loads``: how full a replica is, by limit; the fullest is the tightest.
    """

    service: str
    replicas: int
    fewest: int
    most: int
    cpu: Estimate
    memory: Estimate
    egress: float
    loads: Mapping[str, float]

    @property
    def possible(self) -> bool:
        """Whether any number of replicas is enough: what each of them has is not shared."""
        return max(self.loads.values()) <= 1

    @property
    def tightest(self) -> str:
        """Which limit decided the number of replicas."""
        return max(self.loads, key=lambda name: self.loads[name])


def needs(model: Model, demand: Demand) -> Iterator[Need]:
    """What each service needs."""
    flushes = min(demand.rate, FLUSHES_MAX)
    event = model.sizes.event + model.sizes.reading * (demand.rate / flushes if flushes else 0)
    stream_writes = demand.users * flushes
    stream_bytes = stream_writes * event
    posts = demand.users * demand.posts / 60
    # A room's posts go to all its members: posts over all rooms, times the members of one.
    frames = posts * demand.users / demand.rooms
    frame_bytes = frames * model.sizes.frame
    both = stream_writes + frames
    users = float(demand.users)
    yield _need(
        model.services["feed"],
        {"connection": users, "write": stream_writes, "byte": stream_bytes},
        {"base": 1.0, "heard": demand.rate},
        demand,
    )
    yield _need(
        model.services["chat"],
        {"connection": users, "write": frames, "byte": frame_bytes, "post": posts},
        {"base": 1.0, "heard": posts},
        demand,
    )
    yield _need(
        model.services["edge"],
        {"connection": 2 * users, "write": both, "byte": stream_bytes + frame_bytes},
        {"base": 1.0},
        demand,
    )


def _need(
    service: Service, shared: Mapping[str, float], each: Mapping[str, float], demand: Demand
) -> Need:
    """The fewest replicas that hold ``shared`` together, and ``each`` what every one has."""
    chosen = _fewest(service, shared, each, demand, doubt=0.0)
    cpu = service.cpu.predict(_times(shared, each, chosen))
    memory = service.memory.predict({"base": chosen, "connection": shared["connection"]})
    return Need(
        service=service.name,
        replicas=chosen,
        fewest=_fewest(service, shared, each, demand, doubt=-1.0),
        most=_fewest(service, shared, each, demand, doubt=1.0),
        cpu=cpu,
        memory=memory,
        egress=shared["byte"],
        loads=_loads(service, shared, each, demand, replicas=chosen, doubt=0.0),
    )


def _times(
    shared: Mapping[str, float], each: Mapping[str, float], replicas: int
) -> dict[str, float]:
    return {**shared, **{name: value * replicas for name, value in each.items()}}


def _fewest(
    service: Service,
    shared: Mapping[str, float],
    each: Mapping[str, float],
    demand: Demand,
    *,
    doubt: float,
) -> int:
    """By bisection: more replicas never make one fuller. 10,000 if not even they are enough."""
    low, high = 1, _POD_COUNT_MAX
    while low < high:
        middle = (low + high) // 2
        loads = _loads(service, shared, each, demand, replicas=middle, doubt=doubt)
        low, high = (low, middle) if max(loads.values()) <= 1 else (middle + 1, high)
    return low


def _loads(
    service: Service,
    shared: Mapping[str, float],
    each: Mapping[str, float],
    demand: Demand,
    *,
    replicas: int,
    doubt: float,
) -> dict[str, float]:
    """How full one replica is of each limit; ``doubt`` in standard errors, above or below."""
    one = {**{name: value / replicas for name, value in shared.items()}, **each}
    cpu = service.cpu.predict(one)
    memory = service.memory.predict({"base": 1.0, "connection": one["connection"]})
    loads = {
        "cpu": (cpu.value + doubt * cpu.error) / (service.knee * HEADROOM),
        "memory": (memory.value + doubt * memory.error) / MEMORY_MAX,
        "link": one["byte"] / (demand.link * HEADROOM),
    }
    if service.name != "edge":
        loads["connections"] = one["connection"] / CONNECTIONS_MAX
    return {name: math.inf if math.isnan(load) else load for name, load in loads.items()}
