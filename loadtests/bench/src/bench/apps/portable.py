"""``python -m bench.apps.portable feed|chat``: the service without our protocol classes.

Its own composition root, with one argument changed: ``make_server(direct=False)``. So streams take
the portable sink, as under any other ASGI server.
"""

import runpy
import sys
from functools import partial
from importlib import import_module

from realtime.serving import make_server


def main() -> None:
    """Run the service named on the command line."""
    name = sys.argv.pop()
    app = import_module(f"{name}.app")
    app.make_server = partial(make_server, direct=False)  # type: ignore[attr-defined]
    runpy.run_module(name, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
