"""Texts that look like a secret, by the forms that issuers give them, in files that git keeps."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from infra.repository import ROOT

FORMS: Final[Mapping[str, re.Pattern[str]]] = {
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{16}"),
    "a private JWK": re.compile(r'"d"\s*:\s*"[A-Za-z0-9_-]{40,}"'),
    "a JSON Web Token": re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}"),
    "a key of AWS": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a token of GitHub": re.compile(r"\b(?:gh[pousr]_\w{36}|github_pat_\w{60,})"),
    "a token of GitLab": re.compile(r"\bglpat-[\w-]{20}"),
    "a token of Slack": re.compile(r"\bxox[abeoprs]-[\w-]{20,}"),
    "a key of Stripe": re.compile(r"\b[rs]k_live_\w{20,}"),
    "a key of Google": re.compile(r"\bAIza[\w-]{35}"),
    "a token of npm": re.compile(r"\bnpm_[A-Za-z0-9]{36}|_authToken=[^$\s]{8,}"),
    "a token of PyPI": re.compile(r"\bpypi-[\w-]{50,}"),
    # What `make secrets` and `make compose-passwords` make.
    "a password of ours": re.compile(r"\bp[0-9a-f]{48}\b"),
    "a password in an address": re.compile(r"\b[a-z][a-z+]*://[^\s/:@{}$<'\"]+:[\w.~-]{9,}@\w"),
    "a password in a setting": re.compile(
        r"""(?i)(?:password|passwd|secret|api_?key|token)["']?\s*[:=]\s*["']?(?=\w*\d)[\w+/-]{24,}"""
    ),
}
_NOT_TEXT: Final = frozenset({".png", ".ico", ".woff2", ".gz"})
_LOCKS: Final = frozenset({"uv.lock", "package-lock.json", "uv.txt"})  # hashes, all of it


def kept(root: Path = ROOT) -> list[Path]:
    """The files that git keeps or would add, from the top."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return [Path(name) for name in listed.stdout.split("\0") if name]


def found(text: str) -> Iterator[tuple[int, str]]:
    """Line and form of each text that looks secret."""
    for form, pattern in FORMS.items():
        for match in pattern.finditer(text):
            yield text.count("\n", 0, match.start()) + 1, form


def problems(allowed: Mapping[str, str], root: Path = ROOT) -> Iterator[str]:
    """One line for each; ``allowed`` are paths with a reason. The text itself is not printed."""
    used = set()
    for path in kept(root):
        if path.suffix in _NOT_TEXT or path.name in _LOCKS or not (root / path).is_file():
            continue
        for line, form in found((root / path).read_text(encoding="utf-8", errors="replace")):
            if str(path) in allowed:
                used.add(str(path))
            else:
                yield f"{path}:{line}: looks like {form}"
    for name in allowed.keys() - used:
        yield f"{name} may look secret, and does not"
