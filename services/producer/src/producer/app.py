"""The producer put together, from its settings to its end."""

import asyncio
import signal
from collections.abc import Sequence
from contextlib import aclosing
from datetime import timedelta

import structlog
from prometheus_client import CollectorRegistry

from producer.clock import Clock, SystemClock
from producer.metrics import Metrics
from producer.publisher import Publisher
from producer.settings import ProducerSettings
from producer.skipped_rows import SkippedRows
from producer.sources.host import Host
from producer.sources.probes import probes
from producer.sources.recording import Recording
from producer.sources.replay import Replay
from producer.sources.rows import ReplayFileError
from producer.sources.simulate import Greenhouses, Simulate
from producer.sources.source import Source
from realtime.collector import tracer_of
from realtime.health import Health, create_admin_app
from realtime.nats import connect
from realtime.serving import make_server, open_listener
from realtime.settings import BadSettingsError
from realtime.tracing import Tracer

log: structlog.stdlib.BoundLogger = structlog.get_logger()


def make_sources(settings: ProducerSettings, *, metrics: Metrics, clock: Clock) -> list[Source]:
    """Make the sources that the settings name; a new source is added here.

    Raises:
        ReplayFileError: the recording cannot be replayed.
        BadSettingsError: there would be nothing to publish.
    """
    sources: list[Source] = []
    if "host" in settings.sources:
        sources.append(Host(probes(clock.monotonic), period=settings.host_period, clock=clock))
    if "simulate" in settings.sources:
        sources.append(_simulate(settings, clock))
    if settings.replay_file is not None:
        recording = Recording(settings.replay_file, SkippedRows(metrics))
        sources.append(_replay(settings, recording, clock))
    if not sources:
        problem = "nothing to publish: PRODUCER_SOURCES is empty and PRODUCER_REPLAY_FILE not set"
        raise BadSettingsError([problem])
    return sources


def _simulate(settings: ProducerSettings, clock: Clock) -> Simulate:
    greenhouses = Greenhouses(seed=settings.seed, devices=settings.devices, day=settings.day)
    log.info(
        "simulating",
        devices=settings.devices,
        sensors=len(greenhouses.names),
        rate_hz=settings.rate_hz,
        seed=settings.seed,
    )
    return Simulate(greenhouses, rate_hz=settings.rate_hz, clock=clock)


def _replay(settings: ProducerSettings, recording: Recording, clock: Clock) -> Replay:
    log.info(
        "replaying",
        file=str(recording.path),
        device=recording.device,
        speed=settings.replay_speed,
        loop=settings.replay_loop,
    )
    speed = None if settings.replay_speed == "max" else settings.replay_speed
    return Replay(recording, speed=speed, loop=settings.replay_loop, clock=clock)


async def pump(source: Source, publisher: Publisher) -> None:
    """Offer a source's readings until it ends."""
    try:
        async with aclosing(source.readings()) as readings:
            async for reading in readings:
                if source.can_wait:
                    await publisher.room()
                publisher.offer(source.name, reading)
    except ReplayFileError as error:
        log.error("source_ended", source=source.name, error=str(error))  # noqa: TRY400 - no bug


async def _pump_all(sources: Sequence[Source], publisher: Publisher) -> None:
    async with asyncio.TaskGroup() as group:
        for source in sources:
            group.create_task(pump(source, publisher))


async def _publish(settings: ProducerSettings, publisher: Publisher, health: Health) -> None:
    """Connect, however long that takes, and publish; readings are spooled from the start."""

    def tell(up: bool) -> None:  # noqa: FBT001 - the signature of Broker.on_link
        health.set_degraded("broker", None if up else "not connected")

    tell(False)  # noqa: FBT003 - as above
    url, keeps_streams = settings.nats_url, settings.keeps_streams
    async with connect(url, name="producer", keeps_streams=keeps_streams) as broker:
        broker.on_link(tell)
        await publisher.run(broker)


async def produce(settings: ProducerSettings) -> None:
    """Publish until SIGTERM or SIGINT, or until every source has ended and is flushed.

    After a signal the sources stop at once, and what is unsent has ``settings.drain`` to go.
    """
    with tracer_of(settings.trace_url, service="producer", share=settings.trace_share) as tracer:
        await _produce(settings, tracer)


async def _produce(settings: ProducerSettings, tracer: Tracer | None) -> None:
    registry, health, clock = CollectorRegistry(), Health(), SystemClock()
    metrics = Metrics(registry)
    sources = make_sources(settings, metrics=metrics, clock=clock)
    publisher = Publisher(
        spool_readings=settings.spool_readings,
        in_flight=settings.in_flight,
        metrics=metrics,
        clock=clock,
        tracer=tracer,
    )
    listener = open_listener(settings.admin_host, settings.admin_port)
    admin = make_server(create_admin_app(health, registry))
    log.info("admin_listens", host=settings.admin_host, port=listener.getsockname()[1])
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(admin.serve(sockets=[listener]))
        publishing = group.create_task(_publish(settings, publisher, health))
        health.started = True
        await _run_sources(sources, publisher, drain=settings.drain)
        health.draining = True
        publishing.cancel()
        await asyncio.wait({publishing})
        admin.stop()
        await serving
    log.info("stopped", unsent=publisher.unsent)


async def _run_sources(
    sources: Sequence[Source], publisher: Publisher, *, drain: timedelta
) -> None:
    async with asyncio.TaskGroup() as group:
        stopping = group.create_task(_signalled())
        pumping = group.create_task(_pump_all(sources, publisher))
        await asyncio.wait({stopping, pumping}, return_when=asyncio.FIRST_COMPLETED)
        pumping.cancel()
        flushing = group.create_task(publisher.flushed())
        await asyncio.wait({stopping, flushing}, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait({flushing}, timeout=drain.total_seconds())
        stopping.cancel()
        flushing.cancel()


async def _signalled() -> None:
    """Wait for SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
