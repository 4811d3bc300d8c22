import signal
from pathlib import Path

import pytest

# Started in the background by a shell, this process ignores Ctrl-C, and so does all it starts:
# also what a test interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

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
