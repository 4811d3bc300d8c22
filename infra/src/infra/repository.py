"""Where things lie in the repository: infra runs from a checkout, never from an installed copy."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[3]
INFRA: Final = ROOT / "infra"
DATA: Final = INFRA / "local" / "data"
DASHBOARD: Final = ROOT / "services" / "dashboard" / "dist"


def shown(path: Path) -> str:
    """``path`` as a person at the root of the repository would type it."""
    try:
        return str(path.relative_to(ROOT))
    except ValueError:
        return str(path)
