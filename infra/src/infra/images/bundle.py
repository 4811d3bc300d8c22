"""What runc is told: a container as a cluster with Pod Security "restricted" starts it.

Without a seccomp profile: the runtime of a cluster brings one (RuntimeDefault), runc has none.
"""

from pathlib import Path
from typing import Any, Final

from infra.images.configuration import Configuration
from infra.images.start import Start

_NAMESPACES: Final = ("pid", "ipc", "uts", "mount")  # not network: servers are on loopback
_HIDDEN: Final = ("/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware")
_SHOWN: Final = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")


def bundle(says: Configuration, start: Start, root: Path) -> dict[str, Any]:
    """The runtime's configuration (OCI runtime specification 1.0)."""
    given = [f"{name}={value}" for name, value in start.environment.items()]
    user, group = says.ids()
    return {
        "ociVersion": "1.0.2",
        "root": {"path": str(root), "readonly": True},
        "hostname": start.name,
        "process": {
            "terminal": False,
            "user": {"uid": user, "gid": group},
            "args": [*says.entrypoint, *start.arguments],
            "env": [*says.environment, *given],
            "cwd": says.folder,
            "noNewPrivileges": True,
            "capabilities": {},
        },
        "mounts": [*_system(), *(_mount(place, path) for place, path in start.mounts.items())],
        "linux": {
            "namespaces": [{"type": kind} for kind in _NAMESPACES],
            "maskedPaths": list(_HIDDEN),
            "readonlyPaths": list(_SHOWN),
        },
    }


def _system() -> list[dict[str, Any]]:
    plain = ["nosuid", "noexec", "nodev"]
    return [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {
            "destination": "/dev",
            "type": "tmpfs",
            "source": "tmpfs",
            "options": ["nosuid", "mode=755", "size=64k"],
        },
        {
            "destination": "/sys",
            "type": "none",
            "source": "/sys",
            "options": ["rbind", "ro", *plain],
        },
        {
            "destination": "/tmp",  # noqa: S108 - within the container
            "type": "tmpfs",
            "source": "tmpfs",
            "options": ["nosuid", "nodev", "mode=1777", "size=64m"],
        },
    ]


def _mount(place: str, path: Path) -> dict[str, Any]:
    return {
        "destination": place,
        "type": "bind",
        "source": str(path),
        "options": ["bind", "ro", "nosuid", "nodev"],
    }
