"""What an image says of itself, and what is wrong with it for a cluster that trusts nobody."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

LOWEST_USER: Final = 10_000
"""Users of a machine have lower numbers: whoever broke out would be one of them."""
_LABELS: Final = ("title", "description", "licenses", "version", "revision")
_SHELLS: Final = ("sh", "bash", "dash", "ash", "/bin/sh", "/bin/bash")


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """The part of an image's configuration that decides how it is started and ended."""

    user: str
    entrypoint: tuple[str, ...]
    environment: tuple[str, ...]
    folder: str
    labels: Mapping[str, str]
    stop_signal: str

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Self:
        """From the ``config`` of an OCI image, which docker calls ``Config``."""
        return cls(
            user=found.get("User", ""),
            entrypoint=tuple(found.get("Entrypoint") or ()),
            environment=tuple(found.get("Env") or ()),
            folder=found.get("WorkingDir") or "/",
            labels=found.get("Labels") or {},
            stop_signal=found.get("StopSignal") or "SIGTERM",
        )

    def ids(self) -> tuple[int, int]:
        """The numbers of user and group."""
        user, _, group = self.user.partition(":")
        return int(user), int(group)

    def faults(self) -> Iterator[str]:
        """One line for each thing that is wrong."""
        user, _, group = self.user.partition(":")
        if not all(part.isdecimal() and int(part) > LOWEST_USER for part in (user, group)):
            yield f"runs as {self.user or 'root'}, which is not a number above {LOWEST_USER}"
        if not self.entrypoint:
            yield "has no entry point"
        elif self.entrypoint[0] in _SHELLS:
            yield "starts a shell, which keeps signals to itself"
        for label in _LABELS:
            if not self.labels.get(f"org.opencontainers.image.{label}"):
                yield f"does not say its {label}"
