"""A second host on this machine: a network namespace behind a veth pair, whose network fails.

Here packets are really lost: a link that is down, nft's dice, tbf's bandwidth. It takes root and
Linux; what a kernel lacks (netem is often a module that isn't there) is said by `missing`.
"""

import contextlib
import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_TABLE = "airwave"
_COUNT = itertools.count()


class NoNetspaceError(Exception):
    """This machine gives us no network namespace, or not what was asked of it."""

    def __init__(self, command: Sequence[str], said: str) -> None:
        super().__init__(f"{' '.join(command)}: {said.strip()}")


def missing() -> str:
    """Why there can be no namespace here; empty where there can."""
    if not sys.platform.startswith("linux"):
        return "network namespaces are Linux's"
    if os.geteuid() != 0:
        return "network namespaces take root"
    for tool in ("ip", "tc", "nft"):
        if _program(tool) is None:
            return f"{tool} is not installed (Debian: iproute2, nftables)"
    try:
        with netspace():
            return ""
    except NoNetspaceError as error:
        return str(error)


@dataclass(frozen=True, slots=True)
class Netspace:
    """``near`` is our address on the link, ``far`` the namespace's."""

    name: str
    near: str
    far: str
    device: str

    def command(self, command: Sequence[str]) -> tuple[str, ...]:
        """What runs ``command`` within."""
        return (str(_program("ip")), "netns", "exec", self.name, *command)

    @contextmanager
    def cut(self) -> Iterator[None]:
        """No packet passes, and nobody is told."""
        with self._rules("drop"):
            yield

    @contextmanager
    def losing(self, percent: int) -> Iterator[None]:
        """So many of a hundred packets are lost, in either direction."""
        with self._rules(f"numgen random mod 100 < {percent} drop"):
            yield

    @contextmanager
    def resetting(self) -> Iterator[None]:
        """Each packet of TCP is answered by a reset (which itself must pass)."""
        with self._rules("tcp flags & rst != rst reject with tcp reset"):
            yield

    @contextmanager
    def narrow(self, kilobits: int) -> Iterator[None]:
        """What comes from our side gets so many kilobits a second."""
        tc = _program("tc")
        parameters = ("tbf", "rate", f"{kilobits}kbit", "burst", "4k", "latency", "400ms")
        _run(str(tc), "qdisc", "add", "dev", self.device, "root", *parameters)
        try:
            yield
        finally:
            _run(str(tc), "qdisc", "del", "dev", self.device, "root")

    @contextmanager
    def _rules(self, rule: str) -> Iterator[None]:
        nft = self.command((str(_program("nft")),))
        chains = "".join(
            f"chain {hook} {{ type filter hook {hook} priority 0; {rule}; }};"
            for hook in ("input", "output")
        )
        _run(*nft, f"table inet {_TABLE} {{ {chains} }}")
        try:
            yield
        finally:
            _run(*nft, f"delete table inet {_TABLE}")


@contextmanager
def netspace() -> Iterator[Netspace]:
    """A namespace of our own while the context lasts.

    Raises:
        NoNetspaceError: the system refuses.
    """
    ip = str(_program("ip"))
    # A second one of this process has other names: what is removed goes a moment later.
    number = (os.getpid() + 8_192 * next(_COUNT)) % 65_536
    subnet = f"10.{200 + number // 16_384}.{number // 64 % 256}.{number % 64 * 4}"
    prefix, _, last = subnet.rpartition(".")
    space = Netspace(
        name=f"airwave-{number}",
        near=f"{prefix}.{int(last) + 1}",
        far=f"{prefix}.{int(last) + 2}",
        device=f"aw{number}",
    )
    inside = (ip, "-n", space.name)
    try:
        _run(ip, "netns", "add", space.name)
        # One end is made inside at once: a name that is taken by somebody else fails here.
        _run(
            ip,
            "link",
            "add",
            space.device,
            "type",
            "veth",
            "peer",
            "name",
            "far",
            "netns",
            space.name,
        )
        _run(ip, "addr", "add", f"{space.near}/30", "dev", space.device)
        _run(ip, "link", "set", space.device, "up")
        _run(*inside, "addr", "add", f"{space.far}/30", "dev", "far")
        _run(*inside, "link", "set", "far", "up")
        _run(*inside, "link", "set", "lo", "up")
        yield space
    finally:
        # The pair goes with the namespace.
        with contextlib.suppress(NoNetspaceError):
            _run(ip, "netns", "del", space.name)


def _program(name: str) -> Path | None:
    found = shutil.which(name, path="/usr/sbin:/sbin:/usr/bin:/bin")
    return Path(found) if found else None


def _run(*command: str) -> None:
    ran = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)  # noqa: S603
    if ran.returncode != 0:
        raise NoNetspaceError(command, ran.stderr)
