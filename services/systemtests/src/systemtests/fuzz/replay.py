"""The corpus without a fuzzer: every seed as it is, cut short, and as long as an input may be."""

import time
import traceback
from collections.abc import Iterator

from systemtests.fuzz.bounds import bounded
from systemtests.fuzz.outcome import Outcome
from systemtests.fuzz.target import Target


def inputs_of(target: Target) -> Iterator[bytes]:
    """Each seed, its halves, and itself again and again up to the longest input."""
    for seed in target.seeds:
        yield seed
        half = len(seed) // 2
        yield seed[:half]
        yield seed[half:]
        if seed:
            yield (seed * (target.most_bytes // len(seed) + 1))[: target.most_bytes]


def replay(target: Target) -> Outcome:
    """Have a target take its corpus; ends with the first input that breaks something."""
    began, count, broken = time.process_time(), 0, ""
    for data in inputs_of(target):
        count += 1
        try:
            bounded(target, data)
        except Exception as error:  # noqa: BLE001 - any error is a finding
            traceback.print_exc()
            broken = f"{type(error).__name__}: {error} (for {data[:200]!r})"
            break
    return Outcome(
        target=target.name,
        executions=count,
        edges=0,
        features=0,
        corpus=len(target.seeds),
        cpu_seconds=time.process_time() - began,
        broken=broken,
    )
