"""What can be set of how connections leave, by both services that hold them."""

from datetime import timedelta

from pydantic import Field

from realtime.settings import Duration, Pause, ServiceSettings


class DepartureSettings(ServiceSettings):
    """When connections are asked to go. A service adds its own and its ``env_prefix``."""

    connection_age: Pause = timedelta(seconds=1_800)
    """after how long, ± 20 %, a connection is asked to come back (perhaps elsewhere); 0: never"""
    drain_pause: Pause = timedelta(0)
    """at SIGTERM: between not being ready and the first farewell"""
    drain_window: Pause = timedelta(seconds=2)
    """over how long the connections leave; a deployment gives 60 and the grace that this needs"""
    shed_share: float = Field(default=0.05, ge=0, le=1)
    """part of its connections that a replica above the mean sends away per `shed_every`; 0: none"""
    shed_every: Duration = timedelta(seconds=10)
    """see `shed_share`; five times within it replicas tell each other how many they have"""
    shed_margin: float = Field(default=0.1, gt=0, le=1)
    """as long as every replica is within this part of the mean, none sends anybody away"""
    shed_settle: Pause = timedelta(seconds=30)
    """how long replicas have to be the same ones, and calm, before any sends somebody away"""
