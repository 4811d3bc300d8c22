"""What is in the repository is what the timeouts say; one number changed changes all of it."""

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest

from infra.edge import committed
from infra.edge.__main__ import main
from infra.edge.timeouts import Timeouts, load
from infra.edge.writing import RENDERED


def with_idle(seconds: int) -> Timeouts:
    timeouts = load()
    edge = dataclasses.replace(timeouts.edge, idle=timedelta(seconds=seconds))
    return dataclasses.replace(timeouts, edge=edge)


def test_the_files_of_the_repository_are_up_to_date() -> None:
    assert committed.stale(load()) == []


def test_every_file_says_that_it_was_rendered() -> None:
    for path, text in committed.files(load()).items():
        assert text.startswith(f"# {RENDERED}\n"), path


def test_one_number_changed_makes_every_edge_stale_and_rendering_cures_it(tmp_path: Path) -> None:
    committed.write(load(), tmp_path)
    stale = committed.stale(with_idle(77), tmp_path)
    for part in ("haproxy", "traefik", "caddy", "envoy", "edge-envoy-gateway",
                 "edge-nginx-gateway-fabric", "edge-traefik", "ingress-classic"):  # fmt: skip
        assert any(part in path.parts for path in stale), part
    with pytest.raises(committed.StaleError) as refused:
        committed.check(with_idle(77), tmp_path)
    assert len(refused.value.lines) == len(stale)
    assert committed.write(with_idle(77), tmp_path) == stale
    assert committed.check(with_idle(77), tmp_path) == len(committed.files(load()))


@pytest.mark.parametrize(
    "path", ["k8s/components/edge-traefik/routes.yaml", "infra/edge/rendered/haproxy/haproxy.cfg"]
)
def test_a_number_changed_by_hand_is_found(tmp_path: Path, path: str) -> None:
    committed.write(load(), tmp_path)
    edited = tmp_path / path
    edited.write_text(edited.read_text().replace("0", "1", 1))
    assert committed.stale(load(), tmp_path) == [Path(path)]
    edited.unlink()
    assert committed.stale(load(), tmp_path) == [Path(path)]


def test_what_is_not_rendered_any_more_is_found_and_removed(tmp_path: Path) -> None:
    committed.write(load(), tmp_path)
    left = tmp_path / "k8s" / "components" / "edge-gone" / "routes.yaml"
    left.parent.mkdir()
    left.write_text(f"# {RENDERED}\n")
    by_hand = left.with_name("README.md")
    by_hand.write_text("ours\n")
    assert committed.write(load(), tmp_path) == [left.relative_to(tmp_path)]
    assert not left.exists()
    assert by_hand.exists()


def test_the_check_that_make_runs_reads_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    assert (
        f"rendered files: {len(committed.files(load()))} are up to date" in capsys.readouterr().out
    )


def test_one_proxy_needs_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", "caddy"]) == 1
    assert "--out FOLDER" in capsys.readouterr().err
