"""A server that says what the feed never says, for the edge to be led to: by its query's scene."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Final
from urllib.parse import parse_qs, urlsplit

TEXT: Final = "κόσμε 🎈"
_FIRST: Final = f"event: first\nid: 1\ndata: {TEXT}\ndata: two\n\n".encode()
_LAST: Final = b"event: last\nid: 2\ndata: end\n\n"
_CR_LF: Final = (_FIRST + _LAST).replace(b"\n", b"\r\n")
SCENES: Final[Mapping[str, tuple[bytes, ...]]] = MappingProxyType(
    {
        # Each byte alone: between CR and LF, and within a character, lies a chunk's end.
        "crlf": tuple(_CR_LF[at : at + 1] for at in range(len(_CR_LF))),
        # Only what follows a CR says that no LF does.
        "cr": ((_FIRST + _LAST + b":\n").replace(b"\n", b"\r"),),
        "comments": (b": hi\n", _FIRST[:13], b":\n: in it\n", _FIRST[13:], b":\n", _LAST),
        "no data": (b": hi\n\n", _FIRST, b":\n\n", b"retry: 1000\n\n", b"event: x\n\n\n", _LAST),
    }
)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one request, and end the connection."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        query = parse_qs(urlsplit(head.split(" ", 2)[1]).query)
        (scene,) = query["scene"]
        if scene == "204":
            writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
            return
        lines = ("HTTP/1.1 200 OK", "Content-Type: text/event-stream", "Connection: close", "", "")
        writer.write("\r\n".join(lines).encode())
        for piece in SCENES[scene]:
            writer.write(piece)
            await writer.drain()
            # So that the next one is a segment of its own, as far as anybody can see to it.
            await asyncio.sleep(0.001)
    except (OSError, asyncio.IncompleteReadError):
        return
    finally:
        writer.close()


@asynccontextmanager
async def staged() -> AsyncIterator[str]:
    """Where it listens, as ``host:port``, while the context lasts."""
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    try:
        host, port = server.sockets[0].getsockname()[:2]
        yield f"{host}:{port}"
    finally:
        server.close()
