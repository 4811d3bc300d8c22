"""The measuring itself: points, knees, sizes and checks, some three minutes."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bench import messages, wires
from bench.admin import metric
from bench.contenders import Contender
from bench.contenders.ours import Feed, readings
from bench.measurements.knee import P99_MAX, Knee, measure_knee
from bench.tools import Tools
from capacity.edge import Edge
from capacity.member import OneOfSeveral
from capacity.model import SERVICES, KneeShare, Model, Service, Sizes, fit_service
from capacity.points import Point, Work, measure_points
from capacity.posting import measure_posts
from judging.facts import facts_of

CHECK_MAX: Final = 0.20
"""How far a prediction may be off at a size that was not fitted on."""
_MIDDLE: Final = 900.0
"""Bytes between the short messages and the long ones."""
_KEPT_UP: Final = 0.9
_GZIP_RATE: Final = 100.0
_GZIP_SECONDS: Final = 2.0
_KNEE_ASSUMED: Final = 0.75
"""A share of a core, where the generator ends first: chat's was 0.78 on a quiet machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much is measured: numbers of connections, works, seconds for each; a size to check at."""

    connections: Sequence[int]
    works: Sequence[Work]
    hearing: Sequence[Work]
    seconds: float
    check_connections: int
    check_works: Sequence[Work]
    knee_subscribers: int
    knee_steps: int
    posters: Sequence[int]


WHOLE: Final = Extent(
    connections=(100, 400, 1_000),
    works=(Work(0), Work(5), Work(20), Work(40), Work(5, long=True), Work(15, long=True)),
    hearing=(Work(150), Work(400)),
    seconds=2.5,
    check_connections=1_600,
    check_works=(Work(3), Work(7), Work(12)),
    knee_subscribers=1_000,
    knee_steps=10,
    posters=(20, 60),
)
SHORT: Final = Extent(
    connections=(20, 60),
    works=(Work(0), Work(20), Work(40), Work(20, long=True)),
    hearing=(Work(100),),
    seconds=0.6,
    check_connections=100,
    check_works=(Work(30),),
    knee_subscribers=20,
    knee_steps=1,
    posters=(5, 10),
)


def measure(tools: Tools, extent: Extent, *, only: Sequence[str], known: Model | None) -> Model:
    """Measure and fit the services of ``only``; of the others stays what is ``known``."""
    services = dict(known.services) if known else {}
    points = [Point(**plain) for plain in known.points] if known else []
    for contender in (Feed(), OneOfSeveral(), Edge()):
        if contender.name in only:
            service, found = _service(tools, contender, extent)
            services[service.name] = service
            points = [point for point in points if point.service != service.name] + found
    gzip = known.sizes.gzip if known and "feed" not in only else _gzip_share(tools)
    facts = facts_of("capacity", "this machine")
    return Model(
        machine=facts.machine,
        measured=facts.ended,
        services={name: services[name] for name in SERVICES if name in services},
        sizes=sizes(points, gzip=gzip),
        points=[point.plain() for point in points],
    )


def _service(tools: Tools, contender: Contender, extent: Extent) -> tuple[Service, list[Point]]:
    # Many messages for one connection: what hearing costs, apart from what writing does.
    stages = [(1, extent.hearing), *((count, extent.works) for count in extent.connections)]
    # The last are not fitted on: the fit is held against the busiest of them that was in time.
    stages.append((extent.check_connections, extent.check_works))
    measured = list(measure_points(tools, contender, stages=stages, seconds=extent.seconds))
    points, checks = split(measured, len(extent.check_works))
    if contender.name == "chat":
        points += [measure_posts(tools, members=n, seconds=extent.seconds) for n in extent.posters]
    knee = measure_knee(
        tools,
        contender,
        subscribers=extent.knee_subscribers,
        seconds=extent.seconds,
        steps=extent.knee_steps,
    )
    service = fit_service(
        contender.name, in_time(points), check=in_time(checks)[-1], knee=knee_share(knee)
    )
    return service, [*points, *checks]


def split(measured: Sequence[Point], last: int) -> tuple[list[Point], list[Point]]:
    """What is fitted on, and the ``last`` points, which are not."""
    return list(measured[:-last]), list(measured[-last:])


def in_time(points: Sequence[Point]) -> list[Point]:
    """Those that kept up: where events come late they come together, and cost less each.

    All of them, where too few did: a machine that is never in time fits badly; the check says so.
    """
    kept = [point for point in points if point.late <= P99_MAX and point.achieved >= _KEPT_UP]
    return kept if len(kept) * 2 >= len(points) else list(points)


def knee_share(knee: Knee) -> KneeShare:
    """At which share of a core a server no longer keeps up; assumed if the generator ended it."""
    best = knee.best
    seen = best.cpu_us * best.achieved / 1e6 if best is not None else 0.0
    if best is None or knee.limited_by_generator:
        return KneeShare(share=max(seen, _KNEE_ASSUMED), seen=seen, limited=True)
    return KneeShare(share=seen, seen=seen, limited=False)


def sizes(points: Sequence[Point], *, gzip: float) -> Sizes:
    """What a write weighs on the wire, from points with short and with long messages."""
    feed = [p for p in points if p.service == "feed" and p.writes]
    chat = [p for p in points if p.service == "chat" and p.writes and not p.posts]
    short = [p.bytes / p.writes for p in feed if p.bytes / p.writes < _MIDDLE]
    long = [p.bytes / p.writes for p in feed if p.bytes / p.writes >= _MIDDLE]
    frames = [p.bytes / p.writes for p in chat if p.bytes / p.writes < _MIDDLE]
    one, ten = _mean(short), _mean(long)
    reading = (ten - one) / 9 if ten > one else one
    return Sizes(event=one - reading, reading=reading, frame=_mean(frames), gzip=gzip)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _gzip_share(tools: Tools) -> float:
    """What is left of a stream of a hundred sensors' numbers, by the feed's own count."""
    with tools.run(Feed()) as running:
        publication = readings(
            running.publication.port, messages.number(), sensors=messages.SENSORS
        )
        request = wires.get("/readings", {"Accept": "text/event-stream", "Accept-Encoding": "gzip"})
        with (
            socket.create_connection(("127.0.0.1", running.audience.port)) as line,
            tools.publisher(publication, rate=_GZIP_RATE, seconds=_GZIP_SECONDS) as publisher,
        ):
            line.sendall(request)
            publisher.finish()
            before = metric(running.admin_port, "feed_gzip_in_bytes_total")
            after = metric(running.admin_port, "feed_gzip_out_bytes_total")
    return after / before if before else 1.0
