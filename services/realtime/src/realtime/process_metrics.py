"""What the process itself takes: CPU, memory, descriptors, collections."""

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector


def process_metrics(registry: CollectorRegistry) -> None:
    """Add ``process_*`` (Linux only), ``python_gc_*`` and ``python_info`` to a registry.

    Without the service's prefix: every exporter of the world names them so.
    """
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)
