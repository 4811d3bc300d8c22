"""Started, live and ready are three questions, asked where no client can ask them."""

from collections.abc import Sequence
from typing import Final

from manifests.objects import Object, key, pod, served
from manifests.rules.rule import Problems, Rule

PROBES: Final = ("startupProbe", "livenessProbe", "readinessProbe")
OURS: Final = ("producer", "feed", "chat", "dashboard")
_NUMBERS: Final = ("periodSeconds", "timeoutSeconds", "failureThreshold")
_WANTED: Final = dict(zip(PROBES, ("/readyz", "/livez", "/readyz"), strict=True))


def _action(probe: Object) -> Object:
    return {name: value for name, value in probe.items() if name not in _NUMBERS}


def probes_are_three_questions(objects: Sequence[Object]) -> Problems:
    """Live asks something else than started and ready, and started is not just ready again."""
    for workload in served(objects):
        for container in pod(workload)["containers"]:
            if missing := [name for name in PROBES if name not in container]:
                yield f"{key(workload)} has no {', '.join(missing)}"
                continue
            start, live, ready = (container[name] for name in PROBES)
            if _action(live) in (_action(ready), _action(start)):
                yield f"{key(workload)} is restarted by what makes it unready"
            if start == ready:
                yield f"{key(workload)} has as long to start as to answer"


def services_are_asked_on_the_admin_port(objects: Sequence[Object]) -> Problems:
    """Ours answer ``/readyz`` and ``/livez`` where no client comes."""
    for workload in served(objects):
        if workload["metadata"]["name"] not in OURS:
            continue
        for container in pod(workload)["containers"]:
            for name, path in _WANTED.items():
                asked = container.get(name, {}).get("httpGet")
                if asked != {"path": path, "port": "admin"}:
                    yield f"{key(workload)} {name} asks {asked}"


def restarts_wait_longer_than_detours(objects: Sequence[Object]) -> Problems:
    """A pod gets no traffic well before it is killed for not answering."""
    for workload in served(objects):
        for container in pod(workload)["containers"]:
            live, ready = container.get("livenessProbe"), container.get("readinessProbe")
            if live and ready and _patience(live) <= _patience(ready):
                yield f"{key(workload)} is killed as soon as it is unready"


def _patience(probe: Object) -> int:
    return int(probe["periodSeconds"] * probe["failureThreshold"])


RULES: Final[tuple[Rule, ...]] = (
    probes_are_three_questions,
    services_are_asked_on_the_admin_port,
    restarts_wait_longer_than_detours,
)
