"""Every package is held to one version and one content, and whatever is not is named."""

import shutil
from pathlib import Path

import pytest

from infra.repository import ROOT
from infra.supply import locks

PAGE_LOCK, PAGE_WANTED = locks.PAGE / locks.NPM, locks.PAGE / locks.WANTED
CLIENTS_LOCK, CLIENTS_WANTED = locks.CLIENTS / locks.NPM, locks.CLIENTS / locks.WANTED
NPMS = (PAGE_LOCK, PAGE_WANTED, CLIENTS_LOCK, CLIENTS_WANTED)
FILES = (locks.UV, *NPMS, locks.TOOL, Path("Makefile"))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for file in FILES:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    return tmp_path


def test_the_repository_is_locked(checkout: Path) -> None:
    assert list(locks.problems(checkout)) == []


@pytest.mark.parametrize(
    ("file", "theirs", "ours", "expected"),
    [
        (locks.UV, ', hash = "sha256:', ', hush = "sha256:', "has a file without a hash"),
        (locks.UV, '{ registry = "https://', '{ git = "https://', "comes from"),
        (locks.UV, 'source = { registry = "https://', 'source = { registry = "https://x.', "from"),
        (PAGE_LOCK, '"integrity": "sha512-', '"integrity": "sha1-', "has no hash"),
        (PAGE_WANTED, '"uplot": "', '"uplot": "^', "which is not one version"),
        (CLIENTS_LOCK, '"integrity": "sha512-', '"integrity": "sha1-', "has no hash"),
        (CLIENTS_WANTED, '"eventsource": "', '"eventsource": "~', "which is not one version"),
        (locks.TOOL, "\nuv==", "\nuv==1", "different versions of uv"),
        (Path("Makefile"), "UV_VERSION := ", "UV_VERSION := 1", "different versions of uv"),
    ],
)
def test_each_mistake_is_named(
    checkout: Path, file: Path, theirs: str, ours: str, expected: str
) -> None:
    text = (checkout / file).read_text()
    assert theirs in text
    (checkout / file).write_text(text.replace(theirs, ours, 1))
    assert expected in "\n".join(locks.problems(checkout))


def test_a_tool_without_hashes_is_named(checkout: Path) -> None:
    file = checkout / locks.TOOL
    file.write_text(file.read_text().replace("sha256:", "md5:"))
    assert list(locks.problems(checkout)) == [f"{locks.TOOL} has no hash"]
