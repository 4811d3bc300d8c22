"""The third transport: a page that asks once a second for the latest of each sensor."""

import http.client
import json
import random
import time
from typing import Final

import gevent  # type: ignore[import-untyped]
from locust.env import Environment

from crowd.latest import Latest
from users.options import options_of
from users.stream import OK, RefusedError, connection_to
from users.telling import Teller
from users.viewer import stay_seconds

PERIOD_SECONDS: Final = 1.0
_UNCHANGED: Final = 304


class Poller:
    """Asks, with the tag of what it has; the latest of a sensor never goes back in time."""

    def __init__(self, environment: Environment, host: str) -> None:
        self._options = options_of(environment)
        self._host = host
        self._tell = Teller(environment, "POLL")
        self._seen = Latest()
        self._tag = ""
        self._fresh = True

    def poll(self) -> None:
        """One connection, for a random time."""
        until = time.monotonic() + random.expovariate(1 / stay_seconds(self._options))
        connection = connection_to(self._host)
        self._fresh = True
        self._tell.tried()
        try:
            while time.monotonic() < until:
                began = time.monotonic()
                self._ask(connection)
                gevent.sleep(max(0.0, began + PERIOD_SECONDS - time.monotonic()))
        except (OSError, http.client.HTTPException, RefusedError, ValueError) as error:
            self._tell.failed("connection", error)
        finally:
            connection.close()

    def _ask(self, connection: http.client.HTTPConnection) -> None:
        headers = {"Accept-Encoding": "identity"} | (
            {"If-None-Match": self._tag} if self._tag else {}
        )
        asked = time.monotonic()
        try:
            answer = self._send(connection, headers)
        except (ConnectionError, http.client.RemoteDisconnected):
            if self._fresh:
                raise
            # A kept connection may be closed at any time: a browser asks once more on a new one.
            connection.close()
            answer = self._send(connection, headers)
        self._fresh = False
        body = answer.read()
        took = time.monotonic() - asked
        if answer.status == _UNCHANGED:
            self._tell.took("unchanged", took)
            return
        if answer.status != OK:
            detail = f"status {answer.status}"
            raise RefusedError(detail)
        self._tag = answer.headers.get("etag", "")
        self._tell.took("answer", took, size=len(body))
        self._take(json.loads(body))

    def _send(
        self, connection: http.client.HTTPConnection, headers: dict[str, str]
    ) -> http.client.HTTPResponse:
        connection.request("GET", f"{self._options.feed_path}/latest", headers=headers)
        return connection.getresponse()

    def _take(self, pack: list[dict[str, float]]) -> None:
        times = {str(record["n"]): float(record["t"]) for record in pack}
        newest = max(times.values(), default=0.0)
        if self._seen.newest and newest > self._seen.newest:
            # How old the news is when it is had: what a poll costs in freshness.
            self._tell.took("delay", time.time() - newest)
        self._tell.found(self._seen.take(times))
