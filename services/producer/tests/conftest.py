import pytest

from producer.testing import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()
