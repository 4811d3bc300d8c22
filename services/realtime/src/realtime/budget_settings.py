"""What can be set of how much a replica takes upon itself."""

from datetime import timedelta

from pydantic import Field

from realtime.settings import Duration, Pause, ServiceSettings


class BudgetSettings(ServiceSettings):
    """Beyond which newcomers are turned away. A service adds its own and its ``env_prefix``."""

    lag_limit: Pause = timedelta(milliseconds=100)
    """99 % of what is due must begin within it, or newcomers are turned away; 0: never"""
    stall_after: Duration = timedelta(milliseconds=500)
    """the event loop stands still for so long: counted, and a line in the log says where"""
    spare_descriptors: int = Field(default=128, ge=16)
    """descriptors that connections leave to everything else"""
    memory_bytes: int = Field(default=0, ge=0)
    """memory beyond which newcomers are turned away; 0: 80 % of what the container may have"""
