"""Fakes of chat's own ports, and the contract suites that fake and real server both pass."""

from chat.testing.memory_history import MemoryHistory, MemoryStore

__all__ = ["MemoryHistory", "MemoryStore"]
