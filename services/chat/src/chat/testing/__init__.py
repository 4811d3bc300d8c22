"""Fakes of chat's own ports, and the contract suites that fakes and real servers both pass."""

from chat.testing.memory_directory import MemoryDirectory
from chat.testing.memory_history import MemoryHistory, MemoryStore
from chat.testing.memory_presence import MemoryPresence, PresenceServer

__all__ = ["MemoryDirectory", "MemoryHistory", "MemoryPresence", "MemoryStore", "PresenceServer"]
