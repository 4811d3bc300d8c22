"""What can be set, each as ``PRODUCER_<NAME>`` in the environment."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode, SettingsConfigDict

from realtime.settings import Duration, Pause, Port, ServiceSettings


def _split(value: Any) -> Any:
    """Take "host,simulate" apart; "" is none."""
    if isinstance(value, str):
        return tuple(filter(None, (part.strip() for part in value.split(","))))
    return value


def _none_if_empty(value: Any) -> Any:
    return None if value == "" else value


SourceName = Literal["host", "simulate"]
Sources = Annotated[tuple[SourceName, ...], NoDecode, BeforeValidator(_split)]
File = Annotated[Path | None, BeforeValidator(_none_if_empty)]


class ProducerSettings(ServiceSettings):
    """The producer's settings; durations are in seconds."""

    model_config = SettingsConfigDict(env_prefix="PRODUCER_")
    prefix: ClassVar[str] = "PRODUCER_"

    admin_port: Port = Field(9103, description="where /livez, /readyz and /metrics are served")
    sources: Sources = Field(("host", "simulate"), description="live sources, comma-separated")
    seed: int = Field(1, description="of the simulation: same seed, same values")
    devices: int = Field(4, ge=1, le=10_000, description="greenhouses to simulate")
    rate_hz: float = Field(
        1.0, gt=0, le=1_000, description="readings of each simulated sensor per second"
    )
    day: Duration = Field(timedelta(days=1), description="length of a simulated day")
    host_period: Duration = Field(
        timedelta(seconds=1), description="between two looks at this machine"
    )
    replay_file: File = Field(None, description="a recording (.csv, .jsonl) to replay as well")
    replay_speed: Literal["max"] | Annotated[float, Field(gt=0, allow_inf_nan=False)] = Field(
        1.0, description="times the recorded pace, or max"
    )
    replay_loop: bool = Field(default=False, description="begin the recording again at its end")
    in_flight: int = Field(
        256, ge=1, le=10_000, description="readings sent and not yet acknowledged, at most"
    )
    spool_readings: int = Field(
        100_000, ge=1, description="readings kept while the broker is away (about 0.5 KB each)"
    )
    drain: Pause = Field(timedelta(seconds=2), description="for what is unsent at SIGTERM, at most")
