"""As much of ``valkey-cli`` as our scripts and probes use: one command, its answer line by line.

A program of its own, for machines without the real one: ``cli.py -h HOST -p PORT --raw COMMAND``.
"""

import socket
import sys
from io import BufferedRWPair


def main(arguments: list[str]) -> int:
    """Ask, print, and give 1 where the answer is an error."""
    host, port, command = "127.0.0.1", 6379, list[str]()
    words = iter(arguments)
    for word in words:
        if word == "-h":
            host = next(words)
        elif word == "-p":
            port = int(next(words))
        elif word not in ("--raw", "-e"):
            command.append(word)
    with (
        socket.create_connection((host, port), 2) as connection,
        connection.makefile("rwb") as file,
    ):
        file.write(f"*{len(command)}\r\n".encode())
        for word in command:
            file.write(f"${len(word)}\r\n{word}\r\n".encode())
        file.flush()
        return _show(file)


def _show(file: BufferedRWPair) -> int:
    kind, rest = (line := file.readline())[:1], line[1:].strip().decode()
    if kind == b"*":
        for _ in range(max(int(rest), 0)):
            _show(file)
        if int(rest) < 0:
            print()
    elif kind == b"$":
        print(file.read(int(rest) + 2)[:-2].decode() if int(rest) >= 0 else "")
    else:
        print(rest)
    return int(kind == b"-")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
