"""Where the benchmark keeps things: all of it below `loadtests/`."""

from pathlib import Path
from typing import Final

LOADTESTS: Final = Path(__file__).parents[3]
README: Final = LOADTESTS / "README.md"
INSTALLED: Final = LOADTESTS / ".contenders"
"""What `install-contenders` put here; not in git."""
COMPILED: Final = INSTALLED / "compiled"
RESULTS: Final = LOADTESTS / "results"
"""The curated summary, in git."""
RUNS: Final = RESULTS / "runs"
"""Every run as it was; not in git."""
