"""Who may do what with NATS and Valkey: the cluster's own files, filled for one machine.

They lie where kustomize can read them, and nowhere else: what holds in a cluster holds locally.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from infra.repository import ROOT

_COMPONENTS: Final = ROOT / "k8s" / "components"
NATS_RIGHTS: Final = _COMPONENTS / "nats-cluster" / "rights.conf"
NATS_USERS: Final = ("admin", "producer", "feed", "chat", "device")
VALKEY_RIGHTS: Final = _COMPONENTS / "valkey-sentinel" / "rights.conf"
VALKEY_USERS: Final = ("chat",)
_PLACE: Final = re.compile(r"\$(?:NATS_)?([A-Z]+)_PASSWORD\b")


def filled(rights: Path, passwords: Mapping[str, str]) -> str:
    """The text of ``rights`` with each user's password in its place.

    Raises:
        KeyError: a user has no password.
    """
    text = rights.read_text(encoding="utf-8")
    return _PLACE.sub(lambda place: passwords[place[1].lower()], text)
