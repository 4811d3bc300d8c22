"""Listens with one of the clients that people take from PyPI.

``python -m systemtests.others.listen NAME URL [LAST_EVENT_ID] [PREFER]`` prints what that client
tells its user, one JSON object a line, as `clients/listen.mjs` does for those from npm.
"""

import asyncio
import json
import sys
from importlib import import_module
from typing import Any, Final

PATIENCE_SECONDS: Final = 30
Told = tuple[str, str, str]
"""Of an event: name, data, id."""


def _tell(**said: Any) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


async def _main(name: str, url: str, last_event_id: str = "", prefer: str = "") -> None:
    given = {"Last-Event-ID": last_event_id, "Prefer": prefer}
    headers = {field: value for field, value in given.items() if value}
    # Only the one: imports are most of what such a process costs.
    client = import_module(f"systemtests.others.by_{name.replace('-', '_')}")
    _tell(asked=last_event_id)
    try:
        async for event, data, id_ in client.listen(url, headers):
            _tell(event=event, data=data, id=id_)
    except Exception as error:  # noqa: BLE001 - whatever it raises is what its user is told
        _tell(error=type(error).__name__)
    else:
        _tell(ended=True)


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
