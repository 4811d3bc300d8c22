"""The right to run on one data folder: a locked file that says who holds it."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

from infra.errors import InfraError
from infra.local.identity import identity
from infra.repository import shown

NAME: Final = "run.lock"


class AlreadyRunsHereError(InfraError):
    """Another run holds the data folder."""

    def __init__(self, data: Path, holder: "Holder") -> None:
        super().__init__(
            f"airwave already runs here: pid {holder.pid}, {holder.url} (data in {shown(data)});"
            " stop it, or pass EDGE_PORT=… and the other ports for a second copy"
        )


class UnusableDataError(InfraError):
    """The data folder can't be made or written."""

    def __init__(self, data: Path, why: OSError) -> None:
        super().__init__(f"{shown(data)} can't be used for data: {why.strerror}")


@dataclass(frozen=True, kw_only=True)
class Member:
    """A process that a run started; ``started`` is its `identity`."""

    name: str
    pid: int
    started: str


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Who holds, or last held, a lock."""

    pid: int = 0
    url: str = "?"
    members: tuple[Member, ...] = ()


class RunLock:
    """Held from `hold` on until its block ends, or until the process is gone, however it went.

    `left_over` has what a run that was killed had started and could not end.
    """

    def __init__(self, path: Path, descriptor: int, *, url: str) -> None:
        self._path = path
        self._descriptor = descriptor
        self.left_over = _read(path).members
        self._holder = Holder(pid=os.getpid(), url=url)
        self._write()

    @classmethod
    @contextlib.contextmanager
    def hold(cls, data: Path, *, url: str) -> Iterator[Self]:
        """Take the lock of folder ``data``, which is made if it is not there.

        Raises:
            AlreadyRunsHereError: somebody has it.
            UnusableDataError: the folder can't be made or written.
        """
        try:
            data.mkdir(parents=True, exist_ok=True)
            descriptor = _locked(data / NAME)
        except BlockingIOError as error:
            raise AlreadyRunsHereError(data, _read(data / NAME)) from error
        except OSError as error:
            raise UnusableDataError(data, error) from error
        lock = cls(data / NAME, descriptor, url=url)
        try:
            yield lock
        finally:
            # Removed before it is unlocked: whoever waits for it then finds another file there.
            (data / NAME).unlink(missing_ok=True)
            os.close(descriptor)

    def record(self, name: str, pid: int) -> None:
        """Note that process ``pid`` now runs as ``name``, for whoever comes after us."""
        others = tuple(member for member in self._holder.members if member.name != name)
        member = Member(name=name, pid=pid, started=identity(pid) or "")
        self._holder = Holder(pid=self._holder.pid, url=self._holder.url, members=(*others, member))
        self._write()

    def _write(self) -> None:
        text = json.dumps(asdict(self._holder)).encode()
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text, 0)


def held(data: Path) -> Holder | None:
    """Who holds the lock of folder ``data`` now."""
    path = data / NAME
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(path)
    finally:
        os.close(descriptor)
    return None


def _locked(path: Path) -> int:
    """A descriptor of the file at ``path``, locked; BlockingIOError where somebody has it."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        # Its holder removed it between our open and our lock: what we locked is nobody's file.
        os.close(descriptor)


def _read(path: Path) -> Holder:
    try:
        noted = json.loads(path.read_text(encoding="utf-8"))
        members = tuple(Member(**member) for member in noted.pop("members"))
        return Holder(**noted, members=members)
    except (OSError, ValueError, TypeError, KeyError):
        return Holder()  # new, or being written right now
