"""Each image is built for real and started as a cluster would."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from infra.images import bill
from infra.images.building import Image
from infra.images.container import Container
from infra.images.start import Start
from infra.ports import LOOPBACK, free_ports
from infra.repository import ROOT
from infra.servers import NatsServer, ValkeyServer, probes
from infra.servers.program import ENDED_WELL
from infra.testing import fetch

# A build fetches a hundred packages.
pytestmark = pytest.mark.timeout(900)

whole = pytest.mark.whole
SERVICES = [
    pytest.param("feed"),
    pytest.param("chat", marks=whole),
    pytest.param("producer", marks=whole),
]
ALL = [*SERVICES, pytest.param("dashboard"), pytest.param("loadtest", marks=whole)]
PATIENCE = timedelta(seconds=60)  # a stop takes 2 s here; a busy machine is no failure
ENVIRONMENT = {"feed": "/airwave/.venv", "loadtest": "/app/.venv"}


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[NatsServer]:
    with NatsServer(tmp_path / "nats") as server:
        yield server


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[ValkeyServer]:
    with ValkeyServer(tmp_path / "valkey") as server:
        yield server


@contextmanager
def running(container: Container) -> Iterator[None]:
    container.start(within=PATIENCE)
    try:
        yield
    finally:
        if container.running:
            container.kill()


def lines(first: Path) -> dict[str, str]:
    """What the kernel says of a process."""
    pairs = (line.partition(":") for line in (first / "status").read_text().splitlines())
    return {name: value.strip() for name, _, value in pairs}


def assert_walled(container: Container, image: Image) -> None:
    """It is the entry point itself, nobody, without a right, on a root that it can't write to."""
    says = image.builder.configuration(image.tag)
    user, group = says.ids()
    words = (container.first / "cmdline").read_bytes().decode().split("\0")
    if says.entrypoint[0] == "nginx":  # it writes its own title
        assert words[0].startswith("nginx: master process")
    else:
        assert tuple(words[: len(says.entrypoint)]) == says.entrypoint
    found = lines(container.first)
    assert found["Uid"].split() == [str(user)] * 4
    assert found["Gid"].split() == [str(group)] * 4
    assert int(found["CapEff"], 16) == int(found["CapBnd"], 16) == 0
    assert found["NoNewPrivs"] == "1"
    mounts = (container.first / "mountinfo").read_text().splitlines()
    (root,) = (line.split() for line in mounts if line.split()[4] == "/")
    assert "ro" in root[5].split(",")


@pytest.mark.parametrize("name", ALL)
def test_an_image_says_who_it_is_and_that_it_is_nobody(
    built: Callable[[str], Image], name: str
) -> None:
    image = built(name)
    assert list(image.builder.configuration(image.tag).faults()) == []


@pytest.mark.parametrize("name", SERVICES)
async def test_a_service_starts_answers_and_leaves_in_time(
    built: Callable[[str], Image], nats: NatsServer, valkey: ValkeyServer, tmp_path: Path, name: str
) -> None:
    image, prefix = built(name), name.upper()
    port, admin = free_ports(2)
    environment = {f"{prefix}_NATS_URL": nats.url, f"{prefix}_ADMIN_PORT": str(admin)}
    # Refused where the image has not what traces need; nobody has to be there to take them.
    environment[f"{prefix}_TRACE_URL"] = "http://127.0.0.1:1/v1/traces"
    if name != "producer":
        environment[f"{prefix}_PORT"] = str(port)
    if name == "chat":
        environment["CHAT_REDIS_URL"] = valkey.url
    container = Container(
        image.builder,
        Start(name=f"airwave-{name}-{port}", tag=image.tag, environment=environment),
        tmp_path / name,
        ready=probes.every(*(probes.http_get(LOOPBACK, admin, at) for at in ("/livez", "/readyz"))),
        patience=PATIENCE,
    )
    with running(container):
        assert_walled(container, image)
        if name == "feed":
            assert (await fetch(port, "/sensors")).body.startswith('{"sensors":[')
        ended = container.stop()
    assert ended in ENDED_WELL, container.log_tail()


async def test_the_page_is_handed_out(built: Callable[[str], Image], tmp_path: Path) -> None:
    image = built("dashboard")
    port, admin = free_ports(2)
    ours = ROOT / "k8s" / "base" / "dashboard"
    # As in a cluster its configuration is mounted: here, so that it takes ports that are free.
    conf = tmp_path / "conf"
    conf.mkdir()
    text = (ours / "nginx.conf").read_text()
    for theirs, mine in (("8080", port), ("9104", admin)):
        assert f"listen {theirs}" in text
        text = text.replace(f"listen {theirs}", f"listen {LOOPBACK}:{mine}")
    (conf / "nginx.conf").write_text(text)
    (conf / "page.conf").write_text((ours / "page.conf").read_text())
    container = Container(
        image.builder,
        Start(name=f"airwave-page-{port}", tag=image.tag, mounts={"/etc/airwave": conf}),
        tmp_path / "page",
        ready=probes.every(*(probes.http_get(LOOPBACK, admin, at) for at in ("/livez", "/readyz"))),
        patience=PATIENCE,
    )
    with running(container):
        assert_walled(container, image)
        page = await fetch(port, "/")
        ended = container.stop()
    assert (page.status, "<title>Airwave</title>" in page.body) == (200, True)
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert ended == 0, container.log_tail()


def test_the_page_brings_the_configuration_that_a_cluster_mounts(
    built: Callable[[str], Image],
) -> None:
    image = built("dashboard")
    with image.builder.opened(image.tag, ["/etc/airwave"]) as root:
        for name in ("nginx.conf", "page.conf"):
            theirs = (root / "etc" / "airwave" / name).read_text()
            assert theirs == (ROOT / "k8s" / "base" / "dashboard" / name).read_text()


@whole
def test_locust_finds_its_users(built: Callable[[str], Image], tmp_path: Path) -> None:
    image = built("loadtest")
    container = Container(
        image.builder,
        Start(name=f"airwave-loadtest-{free_ports(1)[0]}", tag=image.tag, arguments=["--list"]),
        tmp_path / "loadtest",
        ready=lambda: None,
    )
    container.start_nowait()
    try:
        assert container.wait(within=PATIENCE) == 0, container.log_tail()
    finally:
        container.discard()
    assert "DashboardUser" in "".join(container.log_tail())


@pytest.mark.parametrize("name", [*SERVICES, pytest.param("loadtest", marks=whole)])
def test_a_bill_lists_what_is_installed_as_it_is_locked(
    built: Callable[[str], Image], name: str
) -> None:
    image = built(name)
    folder = ENVIRONMENT.get(name, ENVIRONMENT["feed"])
    with image.builder.opened(image.tag, [bill.FOLDER, folder]) as root:
        file = root / f"{bill.FOLDER}/{name}.cdx.json".lstrip("/")
        billed, subject = bill.billed(file), bill.subject(file)
        installed = bill.installed(root / folder.lstrip("/"))
    installed.pop(subject, None)
    assert billed == installed
    locked = bill.locked()
    assert {one: locked[one] for one in installed} == installed


def test_the_bill_of_the_page_lists_what_browsers_get(built: Callable[[str], Image]) -> None:
    image = built("dashboard")
    with image.builder.opened(image.tag, [bill.FOLDER, "/usr/share/nginx/html"]) as root:
        billed = bill.billed(root / f"{bill.FOLDER}/dashboard.cdx.json".lstrip("/"))
        assert (root / "usr/share/nginx/html/index.html").is_file()
    assert billed == bill.locked_for_browsers()
