"""Which timeouts fit together: each rule is an inequality and the reason that it has."""

from dataclasses import dataclass
from datetime import timedelta

from infra.edge.timeouts import Timeouts, TimeoutsError

# A heartbeat that is late by less than this is late, not lost: scheduling, a garbage collection,
# a retransmission.
_LATE = timedelta(seconds=5)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """``name`` as it is read, whether it ``holds``, and ``why`` it must."""

    name: str
    holds: bool
    why: str


def rules(timeouts: Timeouts) -> tuple[Rule, ...]:
    """Every rule, applied to ``timeouts``."""
    return (
        *_idle(timeouts),
        *_peers(timeouts),
        *_requests(timeouts),
        *_leaving(timeouts),
        *_probes(timeouts),
        *_crowds(timeouts),
        *_age(timeouts),
    )


def check(timeouts: Timeouts) -> Timeouts:
    """Give ``timeouts`` back if every rule holds.

    Raises:
        TimeoutsError: with one line for each rule that does not.
    """
    if broken := [f"{rule.name}: {rule.why}" for rule in rules(timeouts) if not rule.holds]:
        raise TimeoutsError(*broken)
    return timeouts


def _idle(t: Timeouts) -> tuple[Rule, ...]:
    return (
        Rule(
            name="heartbeat.default < field.idle",
            holds=t.heartbeat.default + _LATE < t.field.idle,
            why="a proxy with its default idle limit would cut a stream that has nothing to say",
        ),
        Rule(
            name="websocket.ping_interval < field.idle",
            holds=t.websocket.ping_interval + _LATE < t.field.idle,
            why="a proxy with its default idle limit would cut a quiet room",
        ),
        Rule(
            name="heartbeat.longest < edge.idle",
            holds=t.heartbeat.longest + _LATE < t.edge.idle,
            why="the edge would cut a client that asked for the longest heartbeat",
        ),
        Rule(
            name="3 times heartbeat.default ≤ edge.idle",
            holds=3 * t.heartbeat.default <= t.edge.idle,
            why="one lost heartbeat would look like a dead upstream",
        ),
        Rule(
            name="edge.idle ≤ 6 times heartbeat.default",
            holds=t.edge.idle <= 6 * t.heartbeat.default,
            why="a dead upstream would stay unnoticed",
        ),
    )


def _peers(t: Timeouts) -> tuple[Rule, ...]:
    return (
        Rule(
            name="websocket.ping_interval + ping_timeout ≤ field.notice",
            holds=t.websocket.ping_interval + t.websocket.ping_timeout <= t.field.notice,
            why="a vanished member would stay in its rooms",
        ),
        Rule(
            name="edge.send ≤ field.notice",
            holds=t.edge.send <= t.field.notice,
            why="a browser that reads nothing would hold its connection",
        ),
        Rule(
            name="edge.upstream_keepalive < field.service_keepalive",
            holds=t.edge.upstream_keepalive < t.field.service_keepalive,
            why="a request could go down a connection that the service is closing",
        ),
    )


def _requests(t: Timeouts) -> tuple[Rule, ...]:
    return (
        Rule(
            name="edge.connect < edge.response",
            holds=t.edge.connect < t.edge.response,
            why="a service that is away must be known before the client has lost patience",
        ),
        Rule(
            name="edge.response < edge.idle",
            holds=t.edge.response < t.edge.idle,
            why="only a stream may be silent for that long",
        ),
        Rule(
            name="retry.shortest_ms < retry.longest_ms",
            holds=t.retry.shortest_ms < t.retry.longest_ms,
            why="clients that are sent away together would come back together",
        ),
    )


def _leaving(t: Timeouts) -> tuple[Rule, ...]:
    return (
        Rule(
            name="drain.pre_stop + window + margin ≤ drain.grace",
            holds=t.drain.pre_stop + t.drain.window + t.drain.margin <= t.drain.grace,
            why="a replica would be killed while it still says goodbye",
        ),
        Rule(
            name="drain.window ≤ drain.edge_shutdown",
            holds=t.drain.window <= t.drain.edge_shutdown,
            why="a leaving edge would cut streams that a service is still draining",
        ),
    )


def _age(t: Timeouts) -> tuple[Rule, ...]:
    shortest = t.age.connection * (1 - t.age.jitter_percent / 100)
    return (
        Rule(
            name="shortest age > drain.grace",
            holds=shortest > t.drain.grace,
            why="who has just left one replica would be sent away by the next before that has gone",
        ),
        Rule(
            name="shortest age > 4 times edge.idle",
            holds=shortest > 4 * t.edge.idle,
            why="connections would be moved more often than dead ones are found",
        ),
    )


def _probes(t: Timeouts) -> tuple[Rule, ...]:
    unready = t.probe.ready_period * t.probe.ready_failures
    dead = t.probe.live_period * t.probe.live_failures
    return (
        Rule(
            name="ready period times failures ≤ drain.pre_stop",
            holds=unready <= t.drain.pre_stop,
            why="edges would still send new streams to a replica that sends its own away",
        ),
        Rule(
            name="ready period times failures < live period times failures",
            holds=unready < dead,
            why="a pod would be restarted, streams and all, before it was given a rest",
        ),
        Rule(
            name="live period times failures ≤ startup period times failures",
            holds=dead <= t.probe.startup_period * t.probe.startup_failures,
            why="a pod that is still connecting would be held to more than one that runs",
        ),
    )


def _crowds(t: Timeouts) -> tuple[Rule, ...]:
    return (
        Rule(
            name="limits.connections_per_address ≤ limits.request_burst",
            holds=t.limits.connections_per_address <= t.limits.request_burst,
            why="after an outage, those behind one router could not come back together",
        ),
        Rule(
            name="limits.upstream_connections > 10 times 1024",
            holds=t.limits.upstream_connections > 10 * 1024,
            why="streams beyond Envoy's own limit would hang without an answer",
        ),
    )
