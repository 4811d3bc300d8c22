"""What locust runs: ``locust -f loadtests/locustfile.py``; the README says how."""

from users import ending, options
from users.kinds import ChatUser, DashboardUser, MixedUser, PollingUser
from users.shapes import Chosen

__all__ = ["ChatUser", "Chosen", "DashboardUser", "MixedUser", "PollingUser", "ending", "options"]
