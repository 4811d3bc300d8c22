"""Server-Sent Events, read line by line as the HTML standard says (9.2.6, "Interpreting")."""

from dataclasses import dataclass
from typing import Final

_BOM: Final = "\ufeff"


@dataclass(frozen=True, slots=True)
class Event:
    """A dispatched event; ``id`` is the last one that the stream gave, also by earlier events."""

    type: str
    data: str
    id: str


class SseParser:
    """Makes events of lines.

    A line ends with a line feed, before which a carriage return may stand. The standard's third
    way, a carriage return alone, can't be told apart without reading on, and our feed never sends
    it.
    """

    def __init__(self, last_event_id: str = "") -> None:
        self.last_event_id = last_event_id
        self.retry_ms: int | None = None
        self._first = True
        self._type = ""
        self._data: list[str] = []

    def take(self, line: bytes) -> Event | None:
        """Take one line; gives the event that it completes."""
        text = line.decode("utf-8", "replace").removesuffix("\n").removesuffix("\r")
        if self._first:
            self._first = False
            text = text.removeprefix(_BOM)
        if not text:
            return self._dispatch()
        name, _, value = text.partition(":")
        self._field(name, value.removeprefix(" "))
        return None

    def _field(self, name: str, value: str) -> None:
        match name:
            case "event":
                self._type = value
            case "data":
                self._data.append(value)
            case "id" if "\0" not in value:
                self.last_event_id = value
            case "retry" if value.isascii() and value.isdigit():
                self.retry_ms = int(value)
            case _:  # a comment has an empty name; an unknown field says nothing
                pass

    def _dispatch(self) -> Event | None:
        data, self._data = self._data, []
        type_, self._type = self._type or "message", ""
        if not data:
            return None
        return Event(type_, "\n".join(data), self.last_event_id)
