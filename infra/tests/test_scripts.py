"""The shell scripts behind make, where this machine is not as they would like it."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from infra.repository import INFRA, ROOT

SCRIPTS = INFRA / "local" / "bin"
TOOLS = ("sh", "tee", "cat", "grep", "mktemp", "rm", "dirname")


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder of programs that is the whole PATH: the plainest tools, and what a test adds."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        found = next(
            (path for path in (Path("/bin", tool), Path("/usr/bin", tool)) if path.exists()), None
        )
        if found is not None:
            (folder / tool).symlink_to(found)
    return folder


def add(folder: Path, name: str, text: str) -> None:
    program = folder / name
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


def run(
    script: str, *arguments: str, path: Path, cwd: Path, **environ: str
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - our own script
        [SCRIPTS / script, *arguments],
        cwd=cwd,
        env={"PATH": str(path), "HOME": str(cwd), **environ},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def test_every_script_can_be_run() -> None:
    for script in SCRIPTS.iterdir():
        assert os.access(script, os.X_OK), script.name


def test_an_old_python_is_one_line(machine: Path, tmp_path: Path) -> None:
    add(machine, "python3", "exit 1")
    refused = run("find-python", path=machine, cwd=tmp_path)
    assert refused.returncode == 1
    (line,) = refused.stderr.splitlines()
    assert line.startswith("Python 3.11 or newer is needed, and python3 is not")


def test_a_newer_python_beside_an_old_one_is_taken(machine: Path, tmp_path: Path) -> None:
    add(machine, "python3", "exit 1")
    add(machine, "python3.12", "exit 0")
    found = run("find-python", path=machine, cwd=tmp_path)
    assert found.stdout == f"{machine}/python3.12\n"


def test_the_python_that_was_asked_for_is_taken_or_refused(machine: Path, tmp_path: Path) -> None:
    add(machine, "python3", "exit 0")
    refused = run("find-python", path=machine, cwd=tmp_path, PYTHON="python2")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "python2 is not" in refused.stderr


def test_a_python_without_venv_is_one_line_with_the_package(machine: Path, tmp_path: Path) -> None:
    add(
        machine,
        "python3",
        """case "$1" in
             -m) echo "ensurepip is not available"; exit 1 ;;
             --version) echo Python ;;
           esac""",
    )
    refused = run("make-venv", path=machine, cwd=tmp_path, UV_VERSION="1")
    assert refused.returncode == 1
    (line,) = refused.stderr.splitlines()
    assert "apt-get install python3-venv" in line
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize(
    ("said", "compiler", "expected"),
    [
        ("error: Failed to build `x==1`", False, "there is no C compiler"),
        ("error: Failed to build `x==1`", True, "uv sync failed, see above"),
        ("error: Failed to fetch: connection refused", False, "uv sync failed, see above"),
    ],
)
def test_a_failed_sync_says_when_a_compiler_is_missing(
    machine: Path, tmp_path: Path, *, said: str, compiler: bool, expected: str
) -> None:
    add(tmp_path / ".venv" / "bin", "uv", f"echo '{said}' >&2; exit 2")
    add(machine, "uname", "echo Linux")
    if compiler:
        add(machine, "cc", "exit 0")
    refused = run("sync", path=machine, cwd=tmp_path)
    assert refused.returncode == 1
    assert said in refused.stdout
    (line,) = refused.stderr.splitlines()
    assert expected in line


def test_a_sync_hands_its_arguments_on_and_touches_no_other_environment(
    machine: Path, tmp_path: Path
) -> None:
    add(
        tmp_path / ".venv" / "bin",
        "uv",
        'echo "$* $UV_PROJECT_ENVIRONMENT ${VIRTUAL_ENV-none}"',
    )
    done = run("sync", "--group", "node", path=machine, cwd=tmp_path, VIRTUAL_ENV="/elsewhere")
    assert done.returncode == 0
    assert "sync --frozen --group node .venv none" in done.stdout


NPM_OF_THE_MACHINE = 'echo "the machine\'s npm: $*"'


def test_a_node_that_is_new_enough_is_used(machine: Path, tmp_path: Path) -> None:
    add(machine, "node", "exit 0")
    add(machine, "npm", NPM_OF_THE_MACHINE)
    done = run("npm", "run", "build", path=machine, cwd=tmp_path)
    assert done.stdout == "the machine's npm: run build\n"


@pytest.mark.parametrize("node", [None, "exit 1"])
def test_without_a_new_node_the_one_in_the_wheel_is_used(
    machine: Path, tmp_path: Path, node: str | None
) -> None:
    if node is not None:
        add(machine, "node", node)
        add(machine, "npm", NPM_OF_THE_MACHINE)
    wheel = tmp_path / "wheel"
    add(wheel / "bin", "node", 'echo "the wheel\'s node: $*"')
    add(tmp_path / ".venv" / "bin", "python", f"echo {wheel}")
    done = run("npm", "ci", path=machine, cwd=tmp_path)
    assert done.stdout == f"the wheel's node: {wheel}/lib/node_modules/npm/bin/npm-cli.js ci\n"


def test_a_chromium_that_is_there_is_taken(machine: Path, tmp_path: Path) -> None:
    add(machine, "chromium", "exit 1")  # a stub that only says how to install it
    add(machine, "google-chrome", "echo Chrome 150")
    found = run("ensure-chromium", path=machine, cwd=tmp_path)
    assert found.stdout == f"{machine}/google-chrome\n"
    chosen = run("ensure-chromium", path=machine, cwd=tmp_path, AIRWAVE_CHROMIUM="/bin/echo")
    assert chosen.stdout == "/bin/echo\n"


def test_a_chromium_that_can_neither_be_found_nor_installed_is_one_line(
    machine: Path, tmp_path: Path
) -> None:
    add(machine, "id", "echo 1000")
    add(tmp_path / ".venv" / "bin", "python", "exit 1")
    add(tmp_path / ".venv" / "bin", "playwright", "exit 1")
    refused = run("ensure-chromium", path=machine, cwd=tmp_path)
    assert refused.returncode == 1
    *_, line = refused.stderr.splitlines()
    assert line.startswith("the browser tests need Chromium, and it could not be installed")
    assert run("ensure-chromium", "--find", path=machine, cwd=tmp_path).returncode == 1


def test_a_valgrind_that_is_there_is_not_mentioned(machine: Path, tmp_path: Path) -> None:
    add(machine, "valgrind", "echo valgrind-3.19.0")
    add(machine, "vgdb", "exit 0")
    done = run("ensure-valgrind", path=machine, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_missing_valgrind_is_installed_where_we_may(machine: Path, tmp_path: Path) -> None:
    add(machine, "id", "echo 0")
    add(machine, "apt-get", 'echo "apt-get $*"')
    refused = run("ensure-valgrind", path=machine, cwd=tmp_path)
    assert refused.returncode == 1
    first, *_, last = refused.stderr.splitlines()
    assert first == "cost gate: installing valgrind (apt-get)"
    assert "apt-get install -y -qq --no-install-recommends valgrind" in refused.stderr
    assert last.startswith("the cost gate needs valgrind, and apt-get could not install it")
    installed = f"printf '#!/bin/sh\n' | tee {machine}/valgrind {machine}/vgdb >/dev/null"
    add(machine, "chmod", 'exec /bin/chmod "$@"')
    add(machine, "apt-get", f"{installed}; chmod +x {machine}/valgrind {machine}/vgdb")
    assert run("ensure-valgrind", path=machine, cwd=tmp_path).returncode == 0


def test_without_valgrind_and_the_right_to_install_it_one_line_says_so(
    machine: Path, tmp_path: Path
) -> None:
    add(machine, "id", "echo 1000")
    done = run("ensure-valgrind", path=machine, cwd=tmp_path)
    assert done.returncode == 0
    (line,) = done.stderr.splitlines()
    assert "goes by the clock" in line


def test_make_lists_its_targets() -> None:
    listed = subprocess.run(
        ["make"],  # noqa: S607 - of this machine
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for target in ("setup", "up", "clean", "distclean", "check", "test", "fmt", "cost", "load"):
        assert f"\n  {target} " in listed


def test_what_is_not_set_is_not_handed_on_by_make() -> None:
    """A variable of the Makefile's own must not look like a person's setting."""
    given = {name: value for name, value in os.environ.items() if name != "CLIENTS"}
    said = subprocess.run(
        ["make", "--dry-run", "compare"],  # noqa: S607 - of this machine
        cwd=ROOT,
        env=given,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "bench.compare" in said
    assert "--" not in said.partition("bench.compare")[2]
