"""What the parts of a run are told of each other, and what stays a user's own."""

import stat
import subprocess
import sys
from pathlib import Path

from infra.local.access import ADMIN, Access, access
from infra.local.settings import read


def of(tmp_path: Path, **settings: str) -> Access:
    return access(read({"AIRWAVE_DATA": str(tmp_path / "data"), **settings}))


def test_each_service_comes_in_as_itself(tmp_path: Path) -> None:
    found = of(tmp_path)
    assert found.nats is not None
    assert found.nats_url("feed") == f"nats://feed:{found.nats['feed']}@127.0.0.1:4222"
    assert found.nats_url("feed") != found.nats_url("chat")
    assert found.redis_url("chat").startswith("redis://chat:p")
    assert of(tmp_path).nats_url("feed") == found.nats_url("feed")
    secrets = [path for path in (tmp_path / "data" / "secrets").rglob("*") if path.is_file()]
    assert len(secrets) == 6
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets} == {0o600}


def test_a_server_of_the_users_keeps_its_address_and_gets_no_passwords(tmp_path: Path) -> None:
    urls = {"NATS_URL": "nats://me:mine@broker:4222", "REDIS_URL": "rediss://cache"}
    found = of(tmp_path, **urls)
    assert {found.nats_url(user) for user in ("feed", ADMIN)} == {urls["NATS_URL"]}
    assert found.redis_url("chat") == urls["REDIS_URL"]
    assert not (tmp_path / "data" / "secrets").exists()


def test_with_tls_everybody_believes_the_runs_own_authority(tmp_path: Path) -> None:
    found = of(tmp_path, TLS="1")
    assert found.nats_url("chat").startswith("tls://chat:")
    assert found.redis_url("chat").startswith("rediss://chat:")
    assert found.trust is not None
    authority = (tmp_path / "data" / "tls" / "ca.crt").read_text()
    assert found.trust.read_text().startswith(authority)
    assert found.environment("feed")["SSL_CERT_FILE"] == str(found.trust)


def test_a_command_gets_a_users_addresses_by_its_environment(tmp_path: Path) -> None:
    found = of(tmp_path)
    assert set(found.environment("chat")) == {
        "CHAT_NATS_URL",
        "CHAT_NATS_STREAMS",
        "CHAT_REDIS_URL",
    }
    producer = {"PRODUCER_NATS_URL": found.nats_url("producer"), "PRODUCER_NATS_STREAMS": "use"}
    assert found.environment("producer") == producer
    assert set(found.environment(ADMIN)) == {"STREAMS_NATS_URL", "TOKENS_NATS_URL"}
    show = "import os; print(os.environ['CHAT_NATS_URL'])"
    said = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "infra.local", "as", "chat", sys.executable, "-c", show],
        env={"AIRWAVE_DATA": str(tmp_path / "data"), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == found.nats_url("chat")


def test_a_command_beside_a_run_leaves_its_certificate_as_it_is(tmp_path: Path) -> None:
    settings = read({"AIRWAVE_DATA": str(tmp_path / "data"), "TLS": "1"})
    assert access(settings, anew=False).trust is not None, "made where there is none"
    written = {path: path.read_bytes() for path in (tmp_path / "data" / "tls").iterdir()}
    assert access(settings, anew=False).trust is not None
    assert {path: path.read_bytes() for path in written} == written
    access(settings)
    chain = tmp_path / "data" / "tls" / "tls.crt"
    assert chain.read_bytes() != written[chain]
