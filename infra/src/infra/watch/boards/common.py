"""Panels that feed and chat have alike."""

from infra.watch.boards.board import Row
from infra.watch.boards.panel import Panel, Query, Unit, only, quantiles, rate


def delay(prefix: str) -> Panel:
    """How old what is written is."""
    return Panel(
        title="Delivery delay",
        text="From the broker's storing to our writing, of the oldest entry of each flush. The"
        " objective is 0.25 s.",
        queries=quantiles(f"{prefix}_delivery_delay_seconds"),
        unit=Unit.SECONDS,
    )


def log_row(prefix: str) -> Row:
    """The way from the stream into the ring."""
    return Row(
        "From the stream",
        (
            Panel(
                title="Upstream",
                text="Whether NATS answers.",
                queries=(Query(only(f"{prefix}_upstream_up")),),
                unit=Unit.YES,
                width=6,
            ),
            Panel(
                title="Relay lag",
                text="Offsets that the stream has and the relay has not passed on.",
                queries=(Query(only(f"{prefix}_relay_lag")),),
                width=6,
                bad_above=1000,
            ),
            Panel(
                title="Holes filled",
                text="Reads of the stream for what live deliveries left out.",
                queries=(Query(rate(f"{prefix}_holes_filled_total")),),
                unit=Unit.PER_SECOND,
                width=6,
            ),
            Panel(
                title="Ring age",
                text="Age of the oldest entry that a client can resume from without the stream.",
                queries=(Query(only(f"{prefix}_ring_age_seconds")),),
                unit=Unit.SECONDS,
                width=6,
            ),
            Panel(
                title="Ring entries",
                text="Entries in the ring.",
                queries=(Query(only(f"{prefix}_log_entries")),),
                width=6,
            ),
            Panel(
                title="Ring size",
                text="Encoded bytes in the ring.",
                queries=(Query(only(f"{prefix}_log_bytes")),),
                unit=Unit.BYTES,
                width=6,
            ),
            Panel(
                title="Gaps told",
                text="Losses that clients were told of. epoch and overflow are ours.",
                queries=(Query(rate(f"{prefix}_gaps_total", by="reason"), "{{reason}}"),),
                unit=Unit.PER_SECOND,
                width=12,
            ),
        ),
    )


def leaving_row(prefix: str) -> Row:
    """Who is let in and how they leave."""
    return Row(
        "Coming and going",
        (
            Panel(
                title="Refused",
                text="New connections turned away, by the limit that was met.",
                queries=(
                    Query(rate(f"{prefix}_admission_refused_total", by="reason"), "{{reason}}"),
                ),
                unit=Unit.PER_SECOND,
            ),
            Panel(
                title="Drain",
                text="Connections of replicas that leave: not asked yet, and asked.",
                queries=(
                    Query(
                        f"sum(({only(f'{prefix}_staying')}) * ({only(f'{prefix}_draining')}))",
                        "to be asked",
                    ),
                    Query(f"sum({only(f'{prefix}_leaving')})", "asked, not gone"),
                    Query(f"sum({only(f'{prefix}_draining')})", "replicas that leave"),
                ),
            ),
            Panel(
                title="Asked to move",
                text="Connections asked to come back: their replica leaves, they are old, or other"
                " replicas have fewer.",
                queries=(
                    Query(rate(f"{prefix}_drained_total", by="namespace"), "drain"),
                    Query(rate(f"{prefix}_aged_total", by="namespace"), "age"),
                    Query(rate(f"{prefix}_shed_total", by="namespace"), "above the mean"),
                ),
                unit=Unit.PER_SECOND,
            ),
            Panel(
                title="Against the limit",
                text="Connections of those that there may be.",
                queries=(
                    Query(
                        f"{only(f'{prefix}_connections')} / {only(f'{prefix}_connections_limit')}"
                    ),
                ),
                unit=Unit.SHARE,
                bad_above=0.8,
            ),
            Panel(
                title="Against the mean",
                text="Connections more (or fewer) than the mean of the replicas that the pod hears"
                " of. Beyond 10 % those above ask their oldest to move.",
                queries=(
                    Query(
                        f"{only(f'{prefix}_connections')}"
                        f" - {only(f'{prefix}_replicas_mean_connections')}"
                    ),
                ),
                from_zero=False,
            ),
            Panel(
                title="Why nobody is asked to move",
                text="Replicas by what holds them: even is well, alone is one replica, deaf means"
                " that they do not hear each other.",
                queries=(Query(f"sum by (reason) ({only(f'{prefix}_shed_held')})", "{{reason}}"),),
            ),
        ),
    )


def process_row(service: str, *, loop: bool = True) -> Row:
    """What the processes take."""
    job = f'job=~".*/{service}"'
    panels = (
        Panel(
            title="CPU",
            text="Cores used; one process can't use more than one.",
            queries=(Query(rate("process_cpu_seconds_total", labels=job)),),
            width=6,
        ),
        Panel(
            title="Memory",
            text="Resident memory.",
            queries=(Query(only("process_resident_memory_bytes", job)),),
            unit=Unit.BYTES,
            width=6,
        ),
        Panel(
            title="File descriptors",
            text="Used, of those that there may be.",
            queries=(Query(f"{only('process_open_fds', job)} / {only('process_max_fds', job)}"),),
            unit=Unit.SHARE,
            width=6,
            bad_above=0.8,
        ),
    )
    lag = Panel(
        title="Event-loop lag",
        text="How late timers run: what everybody on the loop waits for.",
        queries=quantiles(f"{service}_event_loop_lag_seconds"),
        unit=Unit.SECONDS,
        width=6,
    )
    return Row("Processes", (lag, *panels, *_budgets(service)) if loop else panels)


def _budgets(prefix: str) -> tuple[Panel, ...]:
    return (
        Panel(
            title="Budgets spent",
            text="Pods that turn newcomers away, by what they have no more of.",
            queries=(Query(f"sum by (reason) ({only(f'{prefix}_budget_spent')})", "{{reason}}"),),
            width=12,
            bad_above=1,
        ),
        Panel(
            title="Stalls",
            text="Times in five minutes that the event loop stood still for half a second or more;"
            " the log says where.",
            queries=(Query(f"sum by (pod) (increase({only(f'{prefix}_loop_stalls_total')}[5m]))"),),
            width=12,
            bad_above=1,
        ),
    )
