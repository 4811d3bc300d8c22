"""Known holes in what we use, as the services of advisories know them. Needs the network."""

import json
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from infra.images.errors import ToolFailedError
from infra.images.tool import output
from infra.repository import ROOT
from infra.supply.allowed import Allowed
from infra.supply.errors import UnansweredError
from infra.supply.locks import CLIENTS, PAGE

UV: Final = ROOT / ".venv" / "bin" / "uv"
NPM: Final = ROOT / "infra" / "local" / "bin" / "npm"
_PYTHON: Final = "PyPI's advisories (pip-audit)"
_BROWSERS: Final = "npm's advisories (npm audit)"
_PATIENCE_SECONDS: Final = 300


def of_python() -> dict[str, Any]:
    """pip-audit's report on everything that ``uv.lock`` has.

    Raises:
        UnansweredError: its service can't be reached.
    """
    with tempfile.TemporaryDirectory(prefix="airwave-audit-") as folder:
        wanted, report = Path(folder, "wanted.txt"), Path(folder, "report.json")
        everything = ("--all-packages", "--all-groups", "--no-emit-workspace", "--frozen")
        try:
            output([str(UV), "export", "--quiet", *everything, f"--output-file={wanted}"])
        except ToolFailedError as error:
            raise UnansweredError(_PYTHON, "; ".join(error.lines)) from error
        said = _run(
            *(str(UV), "run", "--quiet", "--isolated", "--frozen", "--only-group", "audit"),
            *("pip-audit", "--disable-pip", "--require-hashes", "--progress-spinner=off"),
            *(f"--requirement={wanted}", "--format=json", f"--output={report}"),
        )
        if not report.is_file():
            raise UnansweredError(_PYTHON, said[-600:].strip())
        found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        return found


def of_browsers() -> dict[str, Any]:
    """Npm's report on everything that the locks of the page and of the tests' clients have.

    Raises:
        UnansweredError: its service can't be reached.
    """
    told = [_of_browsers(ROOT / folder) for folder in (PAGE, CLIENTS)]
    return {"vulnerabilities": {name: one for found in told for name, one in found.items()}}


def _of_browsers(folder: Path) -> Mapping[str, Any]:
    said = _run(str(NPM), "--prefix", str(folder), "audit", "--json", errors=False)
    try:
        found: dict[str, Any] = json.loads(said)
    except json.JSONDecodeError as error:
        raise UnansweredError(_BROWSERS, said[-600:].strip()) from error
    if "vulnerabilities" not in found:
        raise UnansweredError(_BROWSERS, str(found.get("message") or found))
    vulnerabilities: Mapping[str, Any] = found["vulnerabilities"]
    return vulnerabilities


def _run(*command: str, errors: bool = True) -> str:
    """What it says, whatever its status: with something to tell, both end with 1."""
    try:
        done = subprocess.run(  # noqa: S603 - tools of this environment
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if errors else subprocess.DEVNULL,
            text=True,
            check=False,
            timeout=_PATIENCE_SECONDS,
        )
    except subprocess.TimeoutExpired:
        # No report, so whoever asked says that nobody answered.
        return f"no answer within {_PATIENCE_SECONDS} s"
    return done.stdout


@dataclass(frozen=True, slots=True)
class Hole:
    """One advisory on one package; it has several names."""

    package: str
    names: tuple[str, ...]
    line: str


def told_of_python(report: Mapping[str, Any]) -> Iterator[Hole]:
    """What pip-audit's report says."""
    for one in report["dependencies"]:
        for hole in one.get("vulns", ()):
            mended = ", ".join(hole.get("fix_versions", ())) or "no release"
            line = f"{one['name']} {one['version']}: {hole['id']}, mended in {mended}"
            yield Hole(one["name"], (hole["id"], *hole.get("aliases", ())), line)


def told_of_browsers(report: Mapping[str, Any]) -> Iterator[Hole]:
    """What npm's report says; what only passes another package's hole on is left out."""
    for name, one in report["vulnerabilities"].items():
        for via in one["via"]:
            if isinstance(via, dict):
                advisory = str(via["url"]).rpartition("/")[2]
                line = f"{name} {via['range']}: {advisory} ({via['severity']}), {via['title']}"
                yield Hole(name, (advisory,), line)


def problems(told: Iterable[Hole], allowed: Allowed, today: date) -> Iterator[str]:
    """What is not exempt."""
    exempt = {(one.package, one.advisory) for one in allowed.advisories if one.until >= today}
    for hole in told:
        if not any((hole.package, name) in exempt for name in hole.names):
            yield hole.line
