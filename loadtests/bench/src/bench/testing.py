"""Made-up results, to test what is said about them."""

from dataclasses import replace
from typing import Any

from bench.contenders import Wire
from bench.machine import Machine
from bench.measurements.delivery import Delivery, Load
from bench.results import Entrant, Results
from bench.verdict import Verdict
from bench.window import Window


def made_up_window(**changes: Any) -> Window:
    """A quiet window at 6 µs a delivery; ``changes`` are fields of `Window`."""
    base = Window(
        offered=20_000,
        achieved=20_000,
        user_us=1.0,
        system_us=5.0,
        server_busy=0.2,
        foreign=0.0,
        p50=0.004,
        p99=0.009,
        p999=0.012,
        loop_p99=0.001,
        late_p99=0.001,
        client_busy=0.3,
        lost=0,
        verdict=Verdict.VALID,
        lag=(),
    )
    return replace(base, **changes)


def made_up_round(contender: str, **changes: Any) -> Delivery:
    """One round of 1,000 subscribers at 20 events a second; ``changes`` as for the window."""
    load = Load(subscribers=1_000, rate=20, warm=1, seconds=5)
    return Delivery(
        contender=contender, load=load, connect_seconds=0.5, window=made_up_window(**changes)
    )


def made_up_results() -> Results:
    """Five contenders, of whom one is not here; nothing measured yet."""
    return Results(
        date="2026-11-23 07:00 UTC",
        quick=False,
        machine=Machine(
            processor="a processor",
            cores=2,
            memory_bytes=8 * 1024**3,
            kernel="Linux 6.1",
            python="3.11.7",
            server_core=0,
            client_core=1,
            load=0.1,
        ),
        entrants=[
            _entrant("floor-sse", Wire.SSE),
            _entrant("feed", Wire.SSE),
            _entrant("nchan", Wire.SSE, "nginx with Nchan is not installed"),
            _entrant("floor-ws", Wire.WEBSOCKET),
            _entrant("chat", Wire.WEBSOCKET),
        ],
    )


def _entrant(name: str, wire: Wire, missing: str | None = None) -> Entrant:
    version = "" if missing else "1.0"
    return Entrant(name=name, title=f"the {name}", wire=wire, version=version, missing=missing)
