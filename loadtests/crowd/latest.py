"""Whether what a poll answers ever goes back in time."""

from collections.abc import Mapping

from crowd.finding import Finding, Kind


class Latest:
    """The latest of each sensor, over all answers to one client."""

    def __init__(self) -> None:
        self._times: dict[str, float] = {}

    @property
    def newest(self) -> float:
        """Of all sensors' times, Unix seconds; 0 before the first answer."""
        return max(self._times.values(), default=0.0)

    def take(self, times: Mapping[str, float]) -> list[Finding]:
        """Take an answer, by sensor; gives what is wrong with it."""
        found = [
            Finding(Kind.ORDER, 1, f"{name} of {time:.3f} after {self._times[name]:.3f}")
            for name, time in times.items()
            if time < self._times.get(name, time)
        ]
        found += [
            Finding(Kind.LOST, 1, f"{name} is no longer there")
            for name in self._times.keys() - times.keys()
        ]
        self._times = dict(times)
        return found
