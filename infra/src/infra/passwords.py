"""Passwords that a machine makes for itself, kept where only its user reads them."""

import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

_BYTES: Final = 24


def password() -> str:
    """Make a new one, with nothing in it that means something in a URL, a shell or a configuration.

    A letter comes first, because nats-server reads a word of digits as a number.
    """
    return "p" + secrets.token_hex(_BYTES)


def kept(folder: Path, names: Iterable[str]) -> Mapping[str, str]:
    """The passwords in ``folder``, one file each; those that aren't there yet are made."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {name: _kept(folder / name) for name in names}


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, from its first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # the mode below is for a file that is made
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def _kept(path: Path) -> str:
    if not path.exists():
        write_private(path, password())
    return path.read_text(encoding="ascii").strip()
