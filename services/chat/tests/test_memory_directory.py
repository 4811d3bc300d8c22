"""The fake passes the suite that the real one passes."""

import pytest

from chat.errors import HistoryUnavailableError
from chat.testing import MemoryDirectory
from chat.testing.directory_contract import DirectoryContract


@pytest.fixture
def directory() -> MemoryDirectory:
    return MemoryDirectory(keep=4)


class TestMemoryDirectory(DirectoryContract):
    pass


async def test_one_that_is_down_refuses(directory: MemoryDirectory) -> None:
    directory.down = True
    with pytest.raises(HistoryUnavailableError):
        await directory.page("e100", before=None, limit=1)
    with pytest.raises(HistoryUnavailableError):
        await directory.note("e100", [], first=1)
