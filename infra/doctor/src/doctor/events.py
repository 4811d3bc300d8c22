"""Server-Sent Events read as the HTML standard says (9.2.6), each with when it came. Pure."""

import codecs
from dataclasses import dataclass, field
from typing import Final

_BOM: Final = "\ufeff"


@dataclass(frozen=True, slots=True)
class Event:
    """A dispatched event; ``id`` is the stream's last one, ``at`` seconds since the request."""

    at: float
    name: str
    data: str
    id: str


@dataclass(slots=True)
class EventReader:
    """Makes events of bytes, in whatever pieces they come; every line end of the standard."""

    events: list[Event] = field(default_factory=list)
    retry_ms: int | None = None
    comments: int = 0
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")("replace")
    )
    _rest: str = ""
    _started: bool = False
    _id: str = ""
    _name: str = ""
    _data: list[str] = field(default_factory=list)

    def feed(self, piece: bytes, at: float) -> None:
        """Take what arrived ``at`` that time."""
        text = self._rest + self._decoder.decode(piece)
        if not self._started and text:
            self._started = True
            text = text.removeprefix(_BOM)
        # A carriage return at the end may be half of a line end.
        held = "\r" if text.endswith("\r") else ""
        lines = text.removesuffix("\r").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self._rest = lines.pop() + held
        for line in lines:
            self._take(line, at)

    def _take(self, line: str, at: float) -> None:
        if not line:
            self._dispatch(at)
            return
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "":
                self.comments += 1
            case "event":
                self._name = value
            case "data":
                self._data.append(value)
            case "id" if "\0" not in value:
                self._id = value
            case "retry" if value.isascii() and value.isdigit():
                self.retry_ms = int(value)
            case _:
                pass

    def _dispatch(self, at: float) -> None:
        data, self._data = self._data, []
        name, self._name = self._name or "message", ""
        if data:
            self.events.append(Event(at, name, "\n".join(data), self._id))
