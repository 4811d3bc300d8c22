"""Removing what local runs have kept."""

import shutil
from pathlib import Path

from infra.errors import InfraError
from infra.local.lock import held
from infra.repository import DATA, shown


class InUseError(InfraError):
    """A run still uses the data."""


def clean(data: Path = DATA) -> str:
    """Remove ``data``, with the folders of all runs in it; says what was done.

    Raises:
        InUseError: a run holds one of them; nothing was removed.
    """
    if not data.exists():
        return f"{shown(data)}/ is not there: nothing to remove"
    folders = [data, *(folder for folder in sorted(data.iterdir()) if folder.is_dir())]
    holders = [(folder, held(folder)) for folder in folders]
    if in_use := [
        f"airwave runs on {shown(folder)} (pid {holder.pid}, {holder.url}): stop it first"
        for folder, holder in holders
        if holder is not None
    ]:
        raise InUseError(*in_use)
    shutil.rmtree(data)
    return f"removed {shown(data)}/: streams, history and logs of local runs"
