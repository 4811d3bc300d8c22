"""Who decides how many there are: one autoscaler, or a number, and never two of them."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from manifests.objects import Object, key, labels, of_kind, selector, selects, served
from manifests.rules.rule import Problems, Rule

AUTOSCALERS: Final = ("HorizontalPodAutoscaler", "ScaledObject")
SCALED: Final = ("feed", "chat")
_SLOWLY: Final = {
    "stabilizationWindowSeconds": 900,
    "selectPolicy": "Max",
    "policies": [{"type": "Pods", "value": 1, "periodSeconds": 180}],
}
_OURS: Final = re.compile(r"\b(?:feed|chat|producer)_[a-z_]+\b")


def _target(scaler: Object) -> str:
    target = scaler["spec"]["scaleTargetRef"]
    return f"{target['kind']}/{target['name']}"


def autoscalers_decide_alone(objects: Sequence[Object]) -> Problems:
    """One for each workload, and no number beside it that an apply would go back to."""
    scalers = of_kind(objects, *AUTOSCALERS)
    for target, count in Counter(map(_target, scalers)).items():
        if count > 1:
            yield f"{target} has {count} autoscalers"
    there = {key(workload): workload for workload in served(objects)}
    for scaler in scalers:
        if _target(scaler) not in there:
            yield f"{key(scaler)} scales {_target(scaler)}, which is not there"
        elif "replicas" in there[_target(scaler)]["spec"]:
            yield f"{_target(scaler)} has replicas beside an autoscaler"


def autoscalers_shrink_slowly(objects: Sequence[Object]) -> Problems:
    """One pod in 180 s after 900 s: each that goes sends its streams to the others."""
    for item in of_kind(objects, *AUTOSCALERS):
        spec = item["spec"]
        if item["kind"] == "ScaledObject":
            spec = spec.get("advanced", {}).get("horizontalPodAutoscalerConfig", {})
        if spec.get("behavior", {}).get("scaleDown") != _SLOWLY:
            yield f"{key(item)} takes replicas away in a hurry"


def autoscalers_see_connections_and_cpu(objects: Sequence[Object]) -> Problems:
    """CPU alone does not see ten thousand idle streams; and no answer is no zero."""
    for item in of_kind(objects, "HorizontalPodAutoscaler"):
        kinds = sorted(metric["type"] for metric in item["spec"]["metrics"])
        if kinds != ["Pods", "Resource"]:
            yield f"{key(item)} goes by {kinds}"
    for item in of_kind(objects, "ScaledObject"):
        triggers = {one["type"]: one["metadata"] for one in item["spec"]["triggers"]}
        if set(triggers) != {"prometheus", "cpu"}:
            yield f"{key(item)} goes by {sorted(triggers)}"
        if triggers.get("prometheus", {}).get("ignoreNullValues") != "false":
            yield f"{key(item)} takes no answer for zero"
        if "fallback" not in item["spec"]:
            yield f"{key(item)} has nothing to fall back to"


def metrics_named(objects: Sequence[Object]) -> Iterator[tuple[Object, str]]:
    """Every metric of ours that an object names, with the object."""
    for item in of_kind(objects, *AUTOSCALERS, "PrometheusRule"):
        for text in _strings(item["spec"]):
            for name in _OURS.findall(text):
                yield item, name


def _strings(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from _strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from _strings(value)


def several_are_never_all_taken(objects: Sequence[Object]) -> Problems:
    """Whatever may have more than one pod has a budget; a single one could never be moved."""
    budgets = of_kind(objects, "PodDisruptionBudget")
    scaled = {_target(item) for item in of_kind(objects, *AUTOSCALERS)}
    for workload in served(objects):
        several = workload["spec"].get("replicas", 1) > 1 or key(workload) in scaled
        found = [item for item in budgets if selects(selector(item), labels(workload))]
        if several and not found:
            yield f"{key(workload)} has no budget"
        for budget in found:
            if budget["spec"].get("maxUnavailable") != 1:
                yield f"{key(budget)} lets more than one go at a time"


RULES: Final[tuple[Rule, ...]] = (
    autoscalers_decide_alone,
    autoscalers_shrink_slowly,
    autoscalers_see_connections_and_cpu,
    several_are_never_all_taken,
)
