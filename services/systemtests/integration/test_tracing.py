"""A reading and a post, traced from where they begin to where they are written."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from chat.app import create_app as create_chat
from chat.settings import ChatSettings
from chat.testing import MemoryDirectory, MemoryHistory, MemoryPresence
from chat.testing.dialog import dialog
from feed.app import create_app as create_feed
from feed.settings import FeedSettings
from infra.ports import free_ports
from infra.servers import NatsServer, feed_server, producer_server
from producer.clock import SystemClock
from producer.metrics import Metrics
from producer.publisher import Publisher
from realtime.contracts import Record
from realtime.nats import connect
from realtime.settings import read_settings
from realtime.spans import OtelTracer, collected, exported
from realtime.testing import MemoryBroker, wait_until
from realtime.testing.collector import collecting
from realtime.tracing import TRACEPARENT, traced
from systemtests.listener import listening

ALL: Final = 1.0
SUBJECT: Final = "sensors.a.b"
LISTS_IMPORTS: Final = """
import sys, {service}.__main__, {service}.app
OURS = ("realtime.spans", "opentelemetry.sdk.trace", "opentelemetry.exporter")
from realtime.collector import tracer_of
with tracer_of("", service="x", share=1.0) as tracer:
    assert tracer is None
print([name for name in sys.modules if name.startswith(OURS)])
"""


@contextmanager
def kept(share: float = ALL) -> Iterator[tuple[OtelTracer, InMemorySpanExporter]]:
    """A tracer and what it has exported; complete when the context has ended."""
    memory = InMemorySpanExporter()
    with exported(memory, service="test", share=share) as tracer:
        yield tracer, memory


def shown(registry: CollectorRegistry) -> str:
    """The metrics in the format that has exemplars."""
    encode, _ = choose_encoder("application/openmetrics-text; version=1.0.0")
    return encode(registry).decode()


def by_name(memory: InMemorySpanExporter) -> dict[str, list[ReadableSpan]]:
    found: dict[str, list[ReadableSpan]] = {}
    for span in memory.get_finished_spans():
        found.setdefault(span.name, []).append(span)
    return found


def is_child(span: ReadableSpan, parent: ReadableSpan) -> bool:
    return (
        span.parent is not None
        and span.parent.span_id == parent.context.span_id
        and span.parent.trace_id == parent.context.trace_id
    )


async def test_a_reading_is_one_trace_from_publish_to_flush(tmp_path: Path) -> None:
    """By a real broker, whose republishing has to pass the header on."""
    with kept() as (tracer, memory), NatsServer(tmp_path / "nats") as nats:
        async with connect(nats.url, name="test") as broker:
            feed = create_feed(
                read_settings(FeedSettings, {"FEED_NATS_URL": nats.url}), broker, tracer
            )
            publisher = Publisher(
                spool_readings=100,
                in_flight=4,
                metrics=Metrics(CollectorRegistry()),
                clock=SystemClock(),
                tracer=tracer,
            )
            tasks = [asyncio.create_task(part()) for part in feed.background]
            tasks.append(asyncio.create_task(publisher.run(broker)))
            await wait_until(lambda: feed.health.started)
            for number in range(3):
                publisher.offer("simulate", Record("a/b", v=float(number), t=1.0))
            await wait_until(lambda: feed.fanout.relay.parts == 3)
            # The same message again is stored once, whatever headers it has.
            again = {TRACEPARENT: "00-" + "1" * 32 + "-" + "2" * 16 + "-01"}
            twice = [
                await broker.publish(SUBJECT, b"[]", message_id="same", headers=again)
                for _ in range(2)
            ]
            await wait_until(lambda: feed.fanout.hub.flushed == 4 and not publisher.unsent)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            text = shown(feed.registry)
    assert [stored.duplicate for stored in twice] == [False, True]
    assert twice[0].offset == twice[1].offset == 4
    spans = by_name(memory)
    assert len(spans["publish reading"]) == 3
    for publish in spans["publish reading"]:
        (flush,) = [span for span in spans["flush reading"] if is_child(span, publish)]
        assert dict(flush.attributes or {})["messaging.destination.name"] == SUBJECT
    traces = {f"{span.context.trace_id:032x}" for span in spans["publish reading"]}
    assert any(f'trace_id="{trace}"' in text for trace in traces), "an exemplar leads to a trace"


async def test_a_post_is_one_trace_to_its_ack_and_its_delivery() -> None:
    with kept() as (tracer, memory):
        broker = MemoryBroker()
        settings = read_settings(
            ChatSettings, {"CHAT_NATS_URL": "nats://unused", "CHAT_REDIS_URL": "redis://unused"}
        )
        stores = (MemoryHistory(), MemoryPresence(), MemoryDirectory())
        chat = create_chat(settings, broker, *stores, tracer)
        tasks = [asyncio.create_task(part()) for part in chat.background]
        await wait_until(lambda: chat.health.started)
        with dialog(chat.replica) as ada:
            await ada.join()
            await ada.post("c1")
            text = shown(chat.registry)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    spans = by_name(memory)
    (post,), (flush,) = spans["post"], spans["flush message"]
    assert is_child(flush, post)
    assert post.end_time is not None
    assert flush.end_time is not None
    assert post.end_time >= flush.end_time, "the ack waits until this replica has the message"
    assert f'trace_id="{post.context.trace_id:032x}"' in text


async def test_what_is_no_trace_context_is_flushed_untraced() -> None:
    broker = MemoryBroker()
    with kept() as (tracer, memory):
        feed = create_feed(
            read_settings(FeedSettings, {"FEED_NATS_URL": "nats://unused"}), broker, tracer
        )
        tasks = [asyncio.create_task(part()) for part in feed.background]
        await wait_until(lambda: feed.health.started)
        unsampled = "00-" + "1" * 32 + "-" + "2" * 16 + "-00"
        for number, parent in enumerate(("nonsense", "", "00-0-0-01", unsampled)):
            await broker.publish(
                SUBJECT,
                b'[{"n":"a/b","v":1}]',
                message_id=str(number),
                headers={TRACEPARENT: parent},
            )
        await wait_until(lambda: feed.fanout.hub.flushed == 4)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert memory.get_finished_spans() == ()


def test_of_a_share_of_nothing_no_trace_begins() -> None:
    with kept(share=0.0) as (tracer, memory):
        assert tracer.begin("post", {}) is None
    assert memory.get_finished_spans() == ()


async def test_a_collector_gets_traces_of_processes_and_none_of_a_stream(tmp_path: Path) -> None:
    with collecting() as collector, NatsServer(tmp_path / "nats") as nats:
        tracing = {"TRACE_URL": collector.url, "TRACE_SHARE": "1"}
        producer = {**tracing, "SOURCES": "simulate", "RATE_HZ": "2"}
        with (
            feed_server(tmp_path / "feed", nats_url=nats.url, settings=tracing) as feed,
            producer_server(tmp_path / "producer", nats_url=nats.url, settings=producer),
        ):
            async with listening(feed.url + "/readings") as stream:
                await wait_until(lambda: len(stream.records) > 20)
    # Both have ended, so both have sent what they had.
    found: dict[str, set[bytes]] = {}
    for path, kind, body in collector.requests:
        assert (path, kind) == ("/v1/traces", "application/x-protobuf")
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            (service,) = [a.value.string_value for a in resource.resource.attributes]
            for scope in resource.scope_spans:
                for span in scope.spans:
                    found.setdefault(f"{service}: {span.name}", set()).add(span.trace_id)
    assert set(found) == {"producer: publish reading", "feed: flush reading"}
    assert found["feed: flush reading"] & found["producer: publish reading"]


@pytest.mark.parametrize("service", ["feed", "chat", "producer"])
def test_without_a_collector_nothing_for_it_is_imported(service: str) -> None:
    """FastAPI and redis import what they want of it where it is installed."""
    said = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", LISTS_IMPORTS.format(service=service)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert said.stdout == "[]\n"


async def test_a_collector_that_is_away_costs_spans_and_nothing_else() -> None:
    broker = MemoryBroker()
    (port,) = free_ports(1)
    with collected(f"http://127.0.0.1:{port}/v1/traces", service="test", share=ALL) as tracer:
        feed = create_feed(
            read_settings(FeedSettings, {"FEED_NATS_URL": "nats://unused"}), broker, tracer
        )
        tasks = [asyncio.create_task(part()) for part in feed.background]
        await wait_until(lambda: feed.health.started)
        with traced(tracer, "publish reading", {}) as span:
            assert span is not None
            await broker.publish(
                SUBJECT, b'[{"n":"a/b","v":1}]', message_id="1", headers=span.headers
            )
        await wait_until(lambda: feed.fanout.hub.flushed == 1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
