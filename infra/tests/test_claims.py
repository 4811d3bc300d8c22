import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from infra.claims import Claims

PORT = 20_000
TAKES = """
import sys
from pathlib import Path
from infra.claims import Claims
claims = Claims(Path(sys.argv[1]))
print(claims.take(int(sys.argv[2])), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ports"


@pytest.fixture
def another(path: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that has claimed the port, and holds it until it is killed."""
    with subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, "-c", TAKES, str(path), str(PORT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        yield process
        process.kill()


def test_what_another_process_has_claimed_is_its_own_until_it_ends(
    path: Path, another: "subprocess.Popen[str]"
) -> None:
    claims = Claims(path)
    assert not claims.take(PORT)
    assert claims.take(PORT + 1)
    another.kill()
    another.wait()
    assert claims.take(PORT)


def test_a_claim_lasts_for_a_while(path: Path, another: "subprocess.Popen[str]") -> None:
    now = 0.0
    claims = Claims(path, held=timedelta(seconds=60), clock=lambda: now)
    assert claims.take(PORT + 1)
    assert not claims.take(PORT + 1)
    now = 59.0
    assert claims.take(PORT + 2)
    assert not claims.take(PORT + 1)
    now = 60.0
    assert claims.take(PORT + 1)
    assert not claims.take(PORT + 2)
    assert not claims.take(PORT)
    assert another.poll() is None


def test_a_file_that_cannot_be_opened_is_an_error_and_no_claim(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="link"):
        Claims(tmp_path / "link").take(PORT)
