from dataclasses import replace

import pytest

from bench.contenders import Wire
from bench.goals import (
    P99_MAX,
    READINGS_MIN,
    STORM_SECONDS_MAX,
    Goal,
    Reached,
    goals_of,
)
from bench.measurements.ingest import Ingest
from bench.measurements.knee import Knee
from bench.measurements.memory import Memory
from bench.measurements.sensors import Sensors
from bench.measurements.storm import Storm
from bench.measurements.stuck import Stuck
from bench.results import Entrant, Results
from bench.testing import made_up_round, made_up_window
from bench.verdict import Verdict


def reached(results: Results, words: str) -> Reached:
    found = [goal for goal in goals_of(results) if words in goal.what]
    assert found, [goal.what for goal in goals_of(results)]
    return found[0].reached


def test_what_was_not_measured_is_said_so(results: Results) -> None:
    goals: list[Goal] = goals_of(results)
    assert len(goals) >= 10
    assert {goal.reached for goal in goals} == {Reached.UNKNOWN}


@pytest.mark.parametrize(
    ("user", "expected"), [(1.75, Reached.YES), (1.76, Reached.NO)], ids=["1.35", "1.352"]
)
def test_cpu_per_delivery_against_the_floor(
    results: Results, user: float, expected: Reached
) -> None:
    results.deliveries += [
        made_up_round("floor-sse", user_us=0.0),
        made_up_round("feed", user_us=user),
    ]
    assert reached(results, "SSE: CPU per delivery") is expected


def test_a_goal_on_void_rounds_is_void(results: Results) -> None:
    void = Verdict.VOID
    results.deliveries += [made_up_round("floor-sse"), made_up_round("feed", verdict=void)]
    assert reached(results, "SSE: CPU per delivery") is Reached.VOID


@pytest.mark.parametrize(
    ("user", "expected"), [(3.9, Reached.YES), (4.0, Reached.NO)], ids=["below", "equal"]
)
def test_below_the_others(results: Results, user: float, expected: Reached) -> None:
    results.entrants[2] = Entrant(name="nchan", title="nginx + Nchan", wire=Wire.SSE)
    results.deliveries += [made_up_round("feed", user_us=user), made_up_round("nchan", user_us=4.0)]
    assert reached(results, "below nginx + Nchan") is expected


@pytest.mark.parametrize(
    ("achieved", "verdict", "expected"),
    [
        (READINGS_MIN, Verdict.VALID, Reached.YES),
        (READINGS_MIN - 1, Verdict.SATURATED, Reached.NO),
        (READINGS_MIN, Verdict.VOID, Reached.VOID),
    ],
)
def test_delivered_readings(
    results: Results, achieved: float, verdict: Verdict, expected: Reached
) -> None:
    found = made_up_window(achieved=achieved, verdict=verdict)
    results.sensors.append(Sensors(subscribers=2_000, sensors=100, hertz=10, window=found))
    assert reached(results, "delivered readings/s") is expected


@pytest.mark.parametrize(("kib", "expected"), [(10.0, Reached.YES), (10.1, Reached.NO)])
def test_memory_per_connection(results: Results, kib: float, expected: Reached) -> None:
    results.memory.append(
        Memory(
            contender="feed",
            points=(),
            bytes_per_connection=kib * 1024,
            connects_per_second=1_000,
        )
    )
    assert reached(results, "idle connection, feed") is expected


STORM = Storm(
    subscribers=5_000,
    rate=20,
    away=3,
    caught_up=5_000,
    p50=1,
    p99=2,
    slowest=STORM_SECONDS_MAX,
    missing=0,
    repeats=0,
    refused=0,
)


@pytest.mark.parametrize(
    ("storm", "expected"),
    [
        (STORM, Reached.YES),
        (replace(STORM, slowest=3.01), Reached.NO),
        (replace(STORM, missing=1), Reached.NO),
        (replace(STORM, repeats=1), Reached.NO),
        (replace(STORM, caught_up=4_999), Reached.NO),
        (replace(STORM, subscribers=1_000, caught_up=1_000), Reached.UNKNOWN),
    ],
)
def test_the_storm(results: Results, storm: Storm, expected: Reached) -> None:
    results.storms.append(storm)
    assert reached(results, "reconnect storm") is expected


@pytest.mark.parametrize(
    ("p99", "verdict", "expected"),
    [
        (P99_MAX, Verdict.VALID, Reached.YES),
        (P99_MAX + 0.001, Verdict.VALID, Reached.NO),
        (P99_MAX, Verdict.DELAYS_VOID, Reached.VOID),
    ],
)
def test_delays_at_comfort(
    results: Results, p99: float, verdict: Verdict, expected: Reached
) -> None:
    comfort = made_up_window(p99=p99, verdict=verdict)
    results.knees.append(
        Knee(contender="feed", subscribers=1_000, best=made_up_window(), end=None, comfort=comfort)
    )
    assert reached(results, "60 % of the knee, feed") is expected


@pytest.mark.parametrize(
    ("p99", "resident", "late", "flat"),
    [
        (0.0120, 110, Reached.YES, Reached.YES),
        (0.0121, 111, Reached.NO, Reached.NO),
    ],
)
def test_those_who_never_read(
    results: Results, p99: float, resident: int, late: Reached, flat: Reached
) -> None:
    results.stuck += [
        Stuck(
            subscribers=1_000,
            stuck=0,
            lagging=0,
            resident_bytes=100,
            window=made_up_window(p99=0.01),
        ),
        Stuck(
            subscribers=1_000,
            stuck=50,
            lagging=50,
            resident_bytes=resident,
            window=made_up_window(p99=p99),
        ),
    ]
    assert reached(results, "never read: p99") is late
    assert reached(results, "never read: memory") is flat


def test_buffers_that_were_not_full_prove_nothing(results: Results) -> None:
    results.stuck += [
        Stuck(subscribers=9, stuck=0, lagging=0, resident_bytes=1, window=made_up_window()),
        Stuck(subscribers=9, stuck=2, lagging=1, resident_bytes=1, window=made_up_window()),
    ]
    assert reached(results, "never read: p99") is Reached.VOID


@pytest.mark.parametrize(("achieved", "expected"), [(19_600, Reached.YES), (19_599, Reached.NO)])
def test_ingest(results: Results, achieved: float, expected: Reached) -> None:
    step = Ingest(
        offered=20_000, achieved=achieved, cpu_us=40, client_busy=0.5, verdict=Verdict.VALID
    )
    results.ingest.append(step)
    assert reached(results, "relay ingest") is expected
