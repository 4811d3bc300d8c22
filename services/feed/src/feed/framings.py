"""The framings in use: what equal filters and paces share."""

from weakref import WeakValueDictionary

from feed.catalogue import Catalogue
from feed.framing import Encode, ReadingsFraming
from feed.pace import Pace
from feed.query import SensorFilter


class Framings:
    """One framing for each filter, pace and transport that is asked for, as long as it is."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._made: WeakValueDictionary[tuple[SensorFilter, Pace | None, Encode], ReadingsFraming]
        self._made = WeakValueDictionary()

    def of(self, sensors: SensorFilter, pace: Pace | None, encode: Encode) -> ReadingsFraming:
        """The framing of a filter and a pace: the same while somebody holds it."""
        framing = self._made.get((sensors, pace, encode))
        if framing is None:
            framing = ReadingsFraming(lambda: self._catalogue.snapshot(sensors.wants), pace, encode)
            self._made[(sensors, pace, encode)] = framing
        return framing
