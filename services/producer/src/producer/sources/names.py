"""Turning other people's labels into tokens and sensor names."""

import re
from typing import Final

from realtime.subjects import is_sensor_name

_NOT_TOKEN: Final = re.compile(r"[^A-Za-z0-9_-]+")
_TOKEN_MAX: Final = 64


def clean_token(label: str) -> str:
    """Write ``label`` as a token: runs of other characters become one ``-``; "" if nothing is left.

    ``Soil Moisture #2`` becomes ``Soil-Moisture-2``.
    """
    return _NOT_TOKEN.sub("-", label).strip("-")[:_TOKEN_MAX].rstrip("-")


def sensor_name(label: str, *, device: str) -> str:
    """Take ``label`` as it is if it names a device and a quantity, else put it under ``device``.

    The result need not be a sensor name: a label without a single usable character gives none.
    """
    if is_sensor_name(label):
        return label
    tokens = [clean_token(part) for part in label.split("/")]
    return "/".join([device, *filter(None, tokens)])
