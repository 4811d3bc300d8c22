"""Questions to a Prometheus over its HTTP API.

http.client on purpose: no proxy of the environment comes between us and loopback.
"""

import http.client
import json
from typing import Any, NamedTuple
from urllib.parse import urlencode

from infra.errors import NotReadyError
from infra.ports import LOOPBACK

_TIMEOUT = 5.0  # seconds


class Line(NamedTuple):
    """One series of an answer: its labels and its newest value."""

    labels: dict[str, str]
    value: float


def ask(port: int, expression: str) -> list[Line]:
    """What ``expression`` is now.

    Raises:
        NotReadyError: Prometheus does not answer, or refuses the expression.
    """
    answer = get(port, "/api/v1/query", query=expression)
    return [Line(item["metric"], float(item["value"][1])) for item in answer["result"]]


def get(port: int, path: str, **parameters: str) -> Any:
    """The data that a route of the API answers.

    Raises:
        NotReadyError: as `ask`.
    """
    who = f"Prometheus at port {port}"
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=_TIMEOUT)
    try:
        connection.request("GET", f"{path}?{urlencode(parameters)}")
        answer = json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotReadyError(who, error) from error
    finally:
        connection.close()
    if answer["status"] != "success":
        raise NotReadyError(who, answer.get("error"))
    return answer["data"]
