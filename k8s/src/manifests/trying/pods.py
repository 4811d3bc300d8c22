"""What the kubelet would give a container, for one pod of a StatefulSet on this machine."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from manifests.objects import Object, of_kind

_FOLDER = re.compile(r"(?<![\w/.])/(data|tmp)\b")


def environment(
    container: Object, pod_name: str, passwords: Mapping[str, Mapping[str, str]]
) -> dict[str, str]:
    """The variables of ``container``; ``passwords`` are by Secret and key."""
    found: dict[str, str] = {}
    for variable in container.get("env", ()):
        source = variable.get("valueFrom", {})
        if (secret := source.get("secretKeyRef")) is not None:
            text = passwords[secret["name"]][secret["key"]]
        elif source.get("fieldRef", {}).get("fieldPath") == "metadata.name":
            text = pod_name
        else:
            text = variable["value"]
        for name, value in found.items():
            text = text.replace(f"$({name})", value)
        found[variable["name"]] = text
    return found


def words(container: Object, field: str, variables: Mapping[str, str]) -> list[str]:
    """``command`` or ``args`` with their variables put in."""
    found = []
    for word in container.get(field, ()):
        for name, value in variables.items():
            word = word.replace(f"$({name})", value)  # noqa: PLW2901 - one after the other
        found.append(word)
    return found


def files(objects: Sequence[Object], name: str) -> Mapping[str, str]:
    """What the ConfigMap of that name holds, whatever its hash is."""
    (found,) = (
        item["data"]
        for item in of_kind(objects, "ConfigMap")
        if item["metadata"]["name"].rpartition("-")[0] == name
    )
    data: Mapping[str, str] = found
    return data


def here(text: str, directory: Path, places: Mapping[str, str]) -> str:
    """``text`` with ``/data`` and ``/tmp`` in ``directory``, and ``places`` replaced."""
    # The folders first: those of a test may be below this machine's own /tmp.
    text = _FOLDER.sub(str(directory), text)
    for theirs, ours in places.items():
        text = text.replace(theirs, ours)
    return text
