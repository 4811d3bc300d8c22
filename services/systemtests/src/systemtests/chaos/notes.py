"""What the processes of a run write down, one JSON line each, and how it is read as a ledger.

Times are of CLOCK_MONOTONIC, which all processes of a machine share and no step of the wall clock
moves.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final, TypeAlias

import msgspec

from realtime.position import parse_position
from systemtests.verdict import Acknowledged, Fact, Key, Saw, Sent, Stood, Told


class _Note(msgspec.Struct, frozen=True, kw_only=True, tag_field="is"):
    t: float = msgspec.field(default_factory=time.monotonic)


class Tried(_Note, frozen=True, tag="tried"):
    """A publisher or member begins to send one."""

    source: str
    number: int


class Stored(_Note, frozen=True, tag="stored"):
    """It was acknowledged; ``offset`` in the stream."""

    source: str
    number: int
    offset: int


class Malformed(_Note, frozen=True, tag="malformed"):
    """Something that no client may see was stored at an offset."""

    offset: int


class Seen(_Note, frozen=True, tag="seen"):
    """A client was brought something, and holds a position."""

    client: str
    position: str
    keys: tuple[tuple[str, int], ...] = ()


class Gap(_Note, frozen=True, tag="gap"):
    """A client was told a loss."""

    client: str
    reason: str


class Standing(_Note, frozen=True, tag="standing"):
    """A client says how it stands."""

    client: str
    state: str


class Ended(_Note, frozen=True, tag="ended"):
    """A client was done.

    ``farewells``: how many of its connections were told to come back before they ended;
    ``duplicates`` are those that it dropped itself.
    """

    client: str
    connections: int
    farewells: int
    duplicates: int


Note: TypeAlias = Tried | Stored | Malformed | Seen | Gap | Standing | Ended

_encoder: Final = msgspec.json.Encoder()
_decoder: Final[msgspec.json.Decoder[Note]] = msgspec.json.Decoder(Note)


@dataclass
class Notebook:
    """A file that a process appends to; each note is there at once, also when it is killed."""

    file: IO[bytes]

    def write(self, note: Note) -> None:
        """Add a line."""
        self.file.write(_encoder.encode(note) + b"\n")
        self.file.flush()


@dataclass
class Book:
    """Everything that was noted in one folder, read as far as it is written."""

    folder: Path
    tried: dict[str, int] = field(default_factory=dict)
    stored: dict[Key, Acknowledged] = field(default_factory=dict)
    others: set[int] = field(default_factory=set)
    facts: dict[str, list[Fact]] = field(default_factory=lambda: defaultdict(list))
    newest: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    """The highest number that each client has seen of each source."""
    begun: set[str] = field(default_factory=set)
    """The clients that hold a position."""
    ended: dict[str, Ended] = field(default_factory=dict)
    _read: dict[Path, int] = field(default_factory=lambda: defaultdict(int))

    def read(self) -> None:
        """Take in what was written since."""
        for path in sorted(self.folder.glob("*.jsonl")):
            for line in self._new_lines(path):
                self._take(_decoder.decode(line))

    def sent(self, kind: str) -> Sent:
        """What the sources whose names begin with ``kind`` have sent."""
        return Sent(
            tried={s: n for s, n in self.tried.items() if s.startswith(kind)},
            acknowledged={k: a for k, a in self.stored.items() if k.source.startswith(kind)},
            others=frozenset(self.others),
        )

    def last_stored(self, kind: str) -> dict[str, int]:
        """The highest acknowledged number of each source."""
        last: dict[str, int] = {}
        for key in self.stored:
            if key.source.startswith(kind):
                last[key.source] = max(key.number, last.get(key.source, 0))
        return last

    def _new_lines(self, path: Path) -> Iterator[bytes]:
        with path.open("rb") as file:
            file.seek(self._read[path])
            part = file.read()
        whole = part[: part.rfind(b"\n") + 1]
        self._read[path] += len(whole)
        return iter(whole.splitlines())

    def _take(self, note: Note) -> None:
        match note:
            case Tried():
                self.tried[note.source] = max(note.number, self.tried.get(note.source, 0))
            case Stored():
                at = Acknowledged(offset=note.offset, at=note.t)
                self.stored[Key(note.source, note.number)] = at
            case Malformed():
                self.others.add(note.offset)
            case Seen():
                self._see(note)
            case Gap():
                self.facts[note.client].append(Told(at=note.t, reason=note.reason))
            case Standing():
                live = note.state == "live"
                self.facts[note.client].append(Stood(at=note.t, live=live))
            case Ended():
                self.ended[note.client] = note

    def _see(self, note: Seen) -> None:
        keys = tuple(Key(source, number) for source, number in note.keys)
        saw = Saw(keys=keys, position=parse_position(note.position), at=note.t)
        self.facts[note.client].append(saw)
        self.begun.add(note.client)
        newest = self.newest[note.client]
        for key in keys:
            newest[key.source] = max(key.number, newest.get(key.source, 0))


def clients_of(book: Book, kind: str) -> Iterable[tuple[str, list[Fact]]]:
    """The clients whose names begin with ``kind``, with what each noted."""
    return ((name, facts) for name, facts in sorted(book.facts.items()) if name.startswith(kind))
