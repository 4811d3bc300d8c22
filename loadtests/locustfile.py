"""What locust runs: ``locust -f loadtests/locustfile.py``; the README says how."""

from users import verdict
from users.chat import ChatUser
from users.dashboard import DashboardUser

__all__ = ["ChatUser", "DashboardUser", "verdict"]
