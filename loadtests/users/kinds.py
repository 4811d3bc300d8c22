"""The kinds of users that locust starts."""

from typing import Any

import gevent  # type: ignore[import-untyped]
from locust import User, between, task

from users.member import Member
from users.poller import Poller
from users.viewer import Viewer


class DashboardUser(User):
    """A page that follows the stream: all of it, a filter, or at a pace of its own."""

    weight = 5
    wait_time = between(0.2, 5)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._viewer = Viewer(self.environment, str(self.host))

    @task
    def follow(self) -> None:
        """One connection."""
        self._viewer.follow()

    def on_stop(self) -> None:
        """What it saw is compared with what others saw."""
        self._viewer.reconcile()


class ChatUser(User):
    """A guest in a room."""

    weight = 3
    wait_time = between(0.2, 5)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._member = Member(self.environment, str(self.host))

    @task
    def converse(self) -> None:
        """One connection."""
        self._member.converse()

    def on_stop(self) -> None:
        """What it saw is compared with what others saw."""
        self._member.reconcile()


class PollingUser(User):
    """A page whose network lets no stream through."""

    weight = 1
    wait_time = between(0.2, 5)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._poller = Poller(self.environment, str(self.host))

    @task
    def poll(self) -> None:
        """One connection."""
        self._poller.poll()


class MixedUser(User):
    """The whole page: a stream of readings and a room, side by side."""

    weight = 1
    wait_time = between(0.2, 5)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._viewer = Viewer(self.environment, str(self.host))
        self._member = Member(self.environment, str(self.host))
        self._stream: gevent.Greenlet | None = None

    def on_start(self) -> None:
        """The stream goes on beside the room's connections."""
        self._stream = gevent.spawn(self._follow)

    @task
    def converse(self) -> None:
        """One connection to a room."""
        self._member.converse()

    def on_stop(self) -> None:
        """What it saw is compared with what others saw."""
        if self._stream is not None:
            self._stream.kill()
        self._viewer.reconcile()
        self._member.reconcile()

    def _follow(self) -> None:
        while True:
            self._viewer.follow()
            self.wait()  # type: ignore[no-untyped-call]
