"""nginx with Nchan: Server-Sent Events from C, with its own message buffer."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench import messages, wires
from bench.contenders.contender import Place, Wire
from bench.pinned import Command
from bench.running import Audience, Publication, Running
from infra.ports import LOOPBACK, free_port
from infra.servers import probes

_MODULES: Final = (
    Path("/usr/lib/nginx/modules/ngx_nchan_module.so"),
    Path("/usr/lib64/nginx/modules/ngx_nchan_module.so"),
)
# Debian's Nchan has a path below it built in, and its directive to change that is refused.
_STATE: Final = Path("/var/lib/nginx")
_CONF: Final = """\
load_module {module};
daemon off;
{user}worker_processes 1;
worker_rlimit_nofile 65536;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{ worker_connections 20000; }}
http {{
  access_log off;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  keepalive_requests 1000000;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location = /publish {{
      nchan_publisher;
      nchan_channel_id readings;
      nchan_message_buffer_length 100;
    }}
    location = /readings {{
      nchan_subscriber eventsource;
      nchan_channel_id readings;
      nchan_subscriber_first_message newest;
    }}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Nchan:
    """One worker of nginx; its master sleeps."""

    name: str = "nchan"
    title: str = "nginx + Nchan"
    wire: Wire = Wire.SSE

    def missing(self, installed: Path) -> str | None:
        """Without an nginx that has the module beside it."""
        if _found(installed) is None:
            return "nginx with Nchan is not installed (loadtests/bench/install-contenders)"
        if not _STATE.is_dir():
            return f"Nchan needs {_STATE} (as root: loadtests/bench/install-contenders)"
        return None

    def version(self, installed: Path) -> str:
        """Of nginx and of the module, as far as they say."""
        found = _found(installed)
        if found is None:
            return ""
        said = subprocess.run(  # noqa: S603 - found above
            [str(found[0]), "-v"], capture_output=True, text=True, check=True
        )
        packages = sorted((installed / "deb").glob("libnginx-mod-nchan_*"))
        module = packages[-1].name.split("_")[1].split("%3a")[-1] if packages else "the system's"
        return f"{said.stderr.strip().removeprefix('nginx version: ')}, Nchan {module}"

    @contextmanager
    def run(self, place: Place) -> Iterator[Running]:
        """Start it."""
        found = _found(place.installed)
        assert found is not None  # noqa: S101 - whoever runs it has asked `missing`
        port = free_port()
        conf = place.directory / "nginx.conf"
        _write(conf, module=found[1], port=port)
        command = (str(found[0]), "-c", str(conf), "-p", str(place.directory))
        ready = probes.tcp(LOOPBACK, port)
        with Command(
            self.name, place.directory, command, core=place.cores.server, ready=ready
        ) as server:
            yield Running(
                leader=server.pid,
                audience=Audience(port=port, request=wires.event_stream("/readings"), ready="\n\n"),
                publication=Publication(port=port, message=wires.post("/publish", messages.pack())),
            )


def _found(installed: Path) -> tuple[Path, Path] | None:
    own = installed / "nchan" / "usr"
    module = own / "lib" / "nginx" / "modules" / "ngx_nchan_module.so"
    if module.is_file():
        return own / "sbin" / "nginx", module
    nginx = shutil.which("nginx")
    for module in _MODULES:
        if nginx is not None and module.is_file():
            return Path(nginx), module
    return None


def _write(conf: Path, *, module: Path, port: int) -> None:
    import os  # noqa: PLC0415 - for this only

    user = "user root;\n" if os.getuid() == 0 else ""
    text = _CONF.format(module=module, directory=conf.parent, port=port, user=user)
    conf.write_text(text, encoding="utf-8")
