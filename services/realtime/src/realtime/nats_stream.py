"""A stream as JetStream is told it, and as JetStream tells it."""

import hashlib
import itertools
from typing import Final

from nats.js.api import (
    DiscardPolicy,
    RePublish,
    StorageType,
    StreamConfig,
    StreamInfo,
)

from realtime.broker import StreamSpec, StreamState

INCARNATION: Final = "airwave-incarnation"
"""Where a stream carries its counter, among its metadata."""


def config_of(spec: StreamSpec, replicas: int | None) -> StreamConfig:
    """The settings of a stream; ``replicas``: None says nothing of them."""
    # One republish rule per stream: source and destination differ by the prefix alone.
    source = spec.subjects[0]
    destination = spec.republish_prefix + _mapped(source)
    return StreamConfig(
        name=spec.name,
        subjects=list(spec.subjects),
        republish=RePublish(src=source, dest=destination),
        storage=StorageType.FILE,
        discard=DiscardPolicy.OLD,
        max_age=spec.max_age.total_seconds(),
        max_bytes=-1 if spec.max_bytes is None else spec.max_bytes,
        duplicate_window=spec.duplicate_window.total_seconds(),
        allow_direct=True,
        num_replicas=replicas,
    )


def _mapped(pattern: str) -> str:
    """A pattern as the destination of a subject mapping, where ``*`` has to say which one it is."""
    wildcards = itertools.count(1)
    tokens = pattern.split(".")
    return ".".join(f"{{{{wildcard({next(wildcards)})}}}}" if t == "*" else t for t in tokens)


def differs(have: StreamConfig, want: StreamConfig) -> bool:
    """Whether a stream has to be brought in line; what we never set may be anything."""
    names = ("subjects", "max_age", "max_bytes", "duplicate_window", "allow_direct")
    republish = have.republish
    if want.num_replicas is not None and have.num_replicas != want.num_replicas:
        return True
    return any(getattr(have, name) != getattr(want, name) for name in names) or (
        republish is None or want.republish is None or republish.dest != want.republish.dest
    )


def incarnation_of(info: StreamInfo) -> int:
    """The counter that `Broker.start_incarnation` raises."""
    return int((info.config.metadata or {}).get(INCARNATION, "1"))


def state_of(info: StreamInfo) -> StreamState:
    """What the stream holds; its epoch comes from when it was created and the counter."""
    name = info.config.name or ""
    incarnation = incarnation_of(info)
    created = info.created.isoformat() if info.created else ""
    facts = f"{name}|{created}|{incarnation}"
    return StreamState(
        name=name,
        # 8 hex digits: two epochs of one stream are alike by chance once in four billion.
        epoch=hashlib.sha256(facts.encode()).hexdigest()[:8],
        incarnation=incarnation,
        first=info.state.first_seq,
        last=info.state.last_seq,
    )
