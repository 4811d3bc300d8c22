"""The rendered files of the repository, and whether they are what would be rendered now."""

from pathlib import Path
from typing import Final

from infra.edge import kubernetes, nginx
from infra.edge.proxies import PROXIES
from infra.edge.site import Site
from infra.edge.timeouts import Timeouts
from infra.edge.writing import RENDERED
from infra.errors import InfraError
from infra.repository import DASHBOARD, ROOT

EXAMPLES: Final = Path("infra", "edge", "rendered")
COMPONENTS: Final = Path("k8s", "components")
# The addresses of `make up`; whoever runs such a proxy before the services changes them here or
# renders with addresses of their own.
SITE: Final = Site(
    listen="127.0.0.1:8080",
    feed=("127.0.0.1:8101",),
    chat=("127.0.0.1:8102",),
    dashboard=DASHBOARD,
)
# In infra/compose.yaml: Docker's own DNS server knows the containers by their services' names.
COMPOSE: Final = Site(
    listen="8080",
    feed=("feed:8101",),
    chat=("chat:8102",),
    dashboard=Path("/usr/share/nginx/html"),
    resolver="127.0.0.11",
)
_CONNECTIONS: Final = 32768  # its container has twice as many descriptors


class StaleError(InfraError):
    """Rendered files that are not what the timeouts say; one line for each."""

    def __init__(self, paths: list[Path]) -> None:
        super().__init__(*(f"{path}: stale, run `make render-edges`" for path in paths))


def files(timeouts: Timeouts) -> dict[Path, str]:
    """Every rendered file of the repository, by its path from the top.

    nginx is among them for a container only: elsewhere what it is told depends on the machine
    (user, descriptors).
    """
    proxies = {
        EXAMPLES / name / file: text
        for name, proxy in PROXIES.items()
        for file, text in proxy.files(timeouts, SITE).items()
    }
    compose = {
        EXAMPLES / "compose" / file: f"# {RENDERED}\n{text}"
        for file, text in nginx.files(
            timeouts, COMPOSE, as_root=False, connections=_CONNECTIONS
        ).items()
    }
    objects = {COMPONENTS / name: text for name, text in kubernetes.files(timeouts).items()}
    return proxies | compose | objects


def write(timeouts: Timeouts, root: Path = ROOT) -> list[Path]:
    """Write every file that is not as it should be, and say which."""
    wrong = stale(timeouts, root)
    wanted = files(timeouts)
    for path in wrong:
        if path in wanted:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(wanted[path], encoding="utf-8")
        else:
            (root / path).unlink()
    return wrong


def stale(timeouts: Timeouts, root: Path = ROOT) -> list[Path]:
    """The files that are missing, changed, or left over from what is not rendered any more."""
    wanted = files(timeouts)
    wrong = {path for path, text in wanted.items() if _read(root / path) != text}
    return sorted(wrong | (_rendered(root) - wanted.keys()))


def check(timeouts: Timeouts, root: Path = ROOT) -> int:
    """How many rendered files there are; all as they should be.

    Raises:
        StaleError: some are not.
    """
    if wrong := stale(timeouts, root):
        raise StaleError(wrong)
    return len(files(timeouts))


def _rendered(root: Path) -> set[Path]:
    return {
        path.relative_to(root)
        for folder in (root / EXAMPLES, root / COMPONENTS)
        for path in folder.rglob("*")
        if path.is_file() and RENDERED in _read(path)
    }


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
