"""Fakes of our own ports, and the contract suites that fake and real server both pass."""

from realtime.testing.broker import MemoryBroker
from realtime.testing.clock import Clock
from realtime.testing.framing import JsonFraming
from realtime.testing.issuer import Issuer
from realtime.testing.sink import MemorySink
from realtime.testing.waiting import wait_until

__all__ = ["Clock", "Issuer", "JsonFraming", "MemoryBroker", "MemorySink", "wait_until"]
