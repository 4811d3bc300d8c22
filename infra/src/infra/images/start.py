"""How a container is started: what a cluster adds to what the image says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Start:
    """As in a pod: no capability, no new privileges, a read-only root, an empty /tmp.

    On the machine's own network, so that it finds servers on loopback. ``arguments`` follow the
    image's entry point; ``mounts`` are files and folders of this machine by their place within,
    read-only.
    """

    name: str
    tag: str
    environment: Mapping[str, str] = field(default_factory=dict)
    arguments: Sequence[str] = ()
    mounts: Mapping[str, Path] = field(default_factory=dict)
