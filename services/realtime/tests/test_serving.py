import asyncio
import resource
import socket
import sys
from typing import Any

import pytest
import uvicorn

from realtime.serving import (
    SEND_BUFFER_BYTES,
    BackgroundEndedError,
    PortTakenError,
    _for_ever,
    make_server,
    open_listener,
    raise_file_limit,
    run,
)


def test_a_taken_port_is_named() -> None:
    with open_listener("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"127.0.0.1:{port}: Address already in use"):
            open_listener("127.0.0.1", port)


def test_accepted_connections_have_bounded_buffers_and_dead_peers_end() -> None:
    with open_listener("127.0.0.1", 0) as listener:
        with socket.create_connection(listener.getsockname()):
            listener.setblocking(True)  # noqa: FBT003
            accepted, _ = listener.accept()
            with accepted:
                size = accepted.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
                # The kernel doubles what is asked for (socket(7)).
                assert size <= SEND_BUFFER_BYTES * 2
                if hasattr(socket, "TCP_USER_TIMEOUT"):
                    name = socket.TCP_USER_TIMEOUT
                    assert accepted.getsockopt(socket.IPPROTO_TCP, name) == 30_000


def test_a_service_whose_port_is_taken_says_so_in_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def main() -> None:
        with open_listener("127.0.0.1", 0) as listener:
            open_listener("127.0.0.1", listener.getsockname()[1])

    assert run(main()) == 1
    error = capsys.readouterr().err
    assert error.startswith("cannot listen on 127.0.0.1:")
    assert error.count("\n") == 1


def test_a_background_task_that_ends_ends_the_service() -> None:
    async def part() -> None:
        pass

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(_for_ever(part))
            await asyncio.sleep(3600)

    assert run(main()) == 1
    assert issubclass(BackgroundEndedError, RuntimeError)


@pytest.mark.parametrize(
    ("trusted", "seen"), [("127.0.0.1", "192.0.2.7"), ("192.0.2.1", "127.0.0.1")]
)
async def test_a_forwarded_address_is_believed_from_the_edge_and_from_nobody_else(
    trusted: str, seen: str
) -> None:
    async def app(scope: Any, _: object, send: Any) -> None:
        body = scope["client"][0].encode()
        length = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": length})
        await send({"type": "http.response.body", "body": body})

    server = make_server(app, trusted_proxies=trusted)
    with open_listener("127.0.0.1", 0) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n")
        writer.write(b"X-Forwarded-For: 192.0.2.7\r\n\r\n")
        answer = await reader.read()
        writer.close()
        server.stop()
        await serving
    assert answer.endswith(b"\r\n\r\n" + seen.encode())


def test_all_file_descriptors_are_used() -> None:
    raise_file_limit()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert soft == hard or sys.platform == "darwin"


def test_the_private_parts_of_uvicorn_that_we_replace_are_there() -> None:
    """An upgrade that renames one must fail here, not in the middle of a deploy."""

    async def app(scope: object, receive: object, send: object) -> None: ...

    server = make_server(app)
    assert isinstance(server, uvicorn.Server)
    for name in ("capture_signals", "shutdown", "serve"):
        assert callable(getattr(uvicorn.Server, name))
    assert (server.should_exit, server.force_exit) == (False, False)
