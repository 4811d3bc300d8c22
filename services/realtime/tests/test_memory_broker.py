import pytest

from realtime.testing import MemoryBroker
from realtime.testing.broker import matches
from realtime.testing.broker_contract import BrokerContract


class TestMemoryBroker(BrokerContract):
    @pytest.fixture
    def broker(self) -> MemoryBroker:
        return MemoryBroker()


@pytest.mark.parametrize(
    ("pattern", "subject", "expected"),
    [
        ("a.>", "a.b.c", True),
        ("a.>", "a", False),
        ("a.*", "a.b", True),
        ("a.*", "a.b.c", False),
        ("a", "a", True),
        ("a.b", "a.c", False),
    ],
)
def test_patterns(pattern: str, subject: str, *, expected: bool) -> None:
    assert matches(pattern, subject) is expected
