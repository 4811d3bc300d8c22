from pathlib import Path

import pytest

PAGE = "<!doctype html><title>Airwave</title>"


@pytest.fixture
def dashboard(tmp_path: Path) -> Path:
    """A built page, as small as can be."""
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (folder / "assets" / "main-1a2b.js").write_text("1;")
    (folder / "icon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    return folder
