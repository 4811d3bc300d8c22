"""Every target, by its name."""

from collections.abc import Mapping
from typing import Final

from systemtests.fuzz import (
    config,
    entries,
    events,
    frames,
    identity,
    names,
    positions,
    queries,
    recordings,
    replicas,
    requests,
    senml,
)
from systemtests.fuzz.target import Target

TARGETS: Final[Mapping[str, Target]] = {
    target.name: target
    for family in (
        senml,
        events,
        frames,
        entries,
        positions,
        queries,
        names,
        identity,
        requests,
        config,
        replicas,
        recordings,
    )
    for target in family.TARGETS
}
