"""Writes a run's three files."""

from pathlib import Path

from bench.chart import svg
from bench.report import markdown
from bench.results import Results, encode_results


def write_files(results: Results, folder: Path) -> None:
    """``bench.json``, ``bench.md`` and ``bench.svg`` in ``folder``, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_bytes(encode_results(results))
    (folder / "bench.md").write_text(markdown(results), encoding="utf-8")
    (folder / "bench.svg").write_text(svg(results), encoding="utf-8")
