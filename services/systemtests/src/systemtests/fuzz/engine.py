"""Atheris: instruments what is imported, and has libFuzzer drive a target. The only user of it."""

import contextlib
import hashlib
import importlib
import io
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

from systemtests.fuzz.bounds import bounded
from systemtests.fuzz.target import Target

MEASURED: Final = ("realtime", "feed", "chat", "producer", "doctor", "jwt", "systemtests")
"""Packages whose branches guide the fuzzer: ours, what checks them, and the library of tokens."""
HANG_SECONDS: Final = 120
"""Of the clock, for one input: only what never ends takes so long."""
RSS_MIB: Final = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much one target gets: so many inputs, or so many seconds of the clock; and the dice."""

    runs: int | None = None
    seconds: float | None = None
    seed: int = 1


def missing() -> str:
    """Why there is no coverage to go by here; nothing if there is."""
    try:
        importlib.import_module("atheris")
    except ImportError:
        return (
            f"atheris is not installed (it is made for Linux and CPython 3.11 to 3.14; this is "
            f"{sys.platform}, {platform.python_implementation()} {platform.python_version()}): "
            "the corpus is replayed, nothing is mutated"
        )
    return ""


def catalogue(module: str) -> Mapping[str, Target]:
    """The targets of a module, imported with everything that they measure instrumented."""
    atheris: Any = importlib.import_module("atheris")
    early = [name for name in sys.modules if name.partition(".")[0] in MEASURED[:-1]]
    if early:
        raise ImportError(early)
    # It names each module that it instruments.
    with contextlib.redirect_stderr(io.StringIO()):
        with atheris.instrument_imports(include=list(MEASURED)):
            found = importlib.import_module(module)
    targets: Mapping[str, Target] = found.TARGETS
    return targets


def fuzz(target: Target, budget: Budget, *, corpus: Path, folder: Path) -> NoReturn:
    """Fuzz a target in this process, which ends with it.

    What opens new ways is added to ``corpus``; an input that breaks a promise lies in ``folder``.
    """
    atheris: Any = importlib.import_module("atheris")
    seeds, words = folder / "seeds", folder / "words.dict"
    _write_seeds(target, seeds)
    words.write_text("".join(f"{_quoted(word)}\n" for word in target.words), encoding="ascii")
    flags = {
        "seed": budget.seed,
        "runs": -1 if budget.runs is None else budget.runs,
        "max_total_time": 0 if budget.seconds is None else max(1, round(budget.seconds)),
        "max_len": target.most_bytes,
        "timeout": HANG_SECONDS,
        "rss_limit_mb": RSS_MIB,
        "artifact_prefix": f"{folder}{os.sep}",
        "dict": words,
        # What another process adds to the corpus would make a seed worth nothing.
        "reload": 0,
        "print_final_stats": 1,
    }
    given = [f"-{name}={value}" for name, value in flags.items() if target.words or name != "dict"]

    def take(data: bytes) -> None:
        try:
            bounded(target, data)
        except BaseException:
            # libFuzzer writes what hangs or takes all memory, but not this one's.
            (folder / f"crash-{hashlib.sha256(data).hexdigest()[:16]}").write_bytes(data)
            raise

    atheris.Setup([target.name, *given, str(corpus), str(seeds)], take)
    atheris.Fuzz()
    raise SystemExit(0)


def _write_seeds(target: Target, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (folder / f"{number:03}").write_bytes(seed)


def _quoted(word: str) -> str:
    r"""A line of libFuzzer's dictionary: in quotes, anything unusual as ``\xAB``."""
    return '"' + "".join(map(_escaped, word.encode())) + '"'


def _escaped(byte: int) -> str:
    plain = 0x20 <= byte < 0x7F and byte not in b'"\\'
    return chr(byte) if plain else f"\\x{byte:02X}"


def names(given: Sequence[str], targets: Mapping[str, Target]) -> list[Target]:
    """The targets of these names, all if there are none.

    Raises:
        KeyError: no target has a name.
    """
    return [targets[name] for name in given] if given else list(targets.values())
