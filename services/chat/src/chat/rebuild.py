"""``python -m chat.rebuild``: build history anew from the log, while chat runs or not."""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from chat.directory import Listing
from chat.errors import HistoryUnavailableError
from chat.history import History, Page
from chat.projection import Projection
from chat.redis_directory import connect as connect_directory
from chat.redis_history import connect as connect_history
from chat.settings import ChatSettings
from realtime.broker import Broker, StreamState
from realtime.errors import AirwaveError, BrokerUnavailableError, StreamMissingError
from realtime.health import Health
from realtime.nats import connect
from realtime.settings import BadSettingsError, read_settings
from realtime.subjects import CHAT
from realtime.telemetry import configure_logging

DESCRIPTION: Final = """\
Empties the history of all rooms in Redis and builds it anew from the stream CHAT, in one go.

Chat may run meanwhile: posting and reading live go on; until the rebuild has come
to what a replica still has in memory, that replica answers requests for history with
history_unavailable. What the stream no longer has (it keeps 30 days) is gone from history
afterwards. Stopping half-way is safe: a running chat finishes it, and so does the next start.
Redis that has lost its data needs no rebuild by hand: chat notices within a second.

Reads CHAT_NATS_URL, CHAT_REDIS_URL, CHAT_HISTORY_MESSAGES and CHAT_HISTORY_AGE."""
REACH: Final = timedelta(seconds=10)
"""How long the broker may take to answer for the first time."""
SAY_EVERY: Final = timedelta(seconds=1)
_POLL_SECONDS: Final = 0.1


async def rebuild(
    broker: Broker,
    history: History,
    say: Callable[[str], None],
    *,
    before_store: Callable[[Page], Awaitable[None]] | None = None,
) -> int:
    """Empty history and wait until it has all that the log has now; gives the log's last offset.

    Whoever holds the lease writes: a chat that runs, or this process (``before_store`` is of
    `Projection`).

    Raises:
        StreamMissingError, BrokerUnavailableError, HistoryUnavailableError: nothing was emptied.
    """
    state = await _reach(broker)
    await history.clear()
    projection = Projection(broker, history, Health(), before_store=before_store)
    projection.notice()
    writing = asyncio.create_task(projection.run())
    try:
        await _follow(projection, state, say)
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
    return state.last


async def _reach(broker: Broker) -> StreamState:
    until = time.monotonic() + REACH.total_seconds()
    while True:
        try:
            return await broker.stream_state(CHAT.name)
        except BrokerUnavailableError:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(_POLL_SECONDS)


async def _follow(projection: Projection, state: StreamState, say: Callable[[str], None]) -> None:
    """Say how far it is, every so often, until it is done."""
    began = said = time.monotonic()
    while True:
        position = projection.position
        if position is not None and position.epoch != state.epoch:
            say("the stream was made anew meanwhile; chat goes on from its beginning")
            return
        if position is not None and position.offset >= state.last:
            break
        now = time.monotonic()
        if now - said >= SAY_EVERY.total_seconds():
            said = now
            say(_progress(0 if position is None else position.offset, state, now - began))
        await asyncio.sleep(_POLL_SECONDS)
    say(_progress(state.last, state, time.monotonic() - began))


def _progress(offset: int, state: StreamState, seconds: float) -> str:
    whole = max(state.last - state.first + 1, 0)
    done = min(max(offset - state.first + 1, 0), whole)
    share = 100 if not whole else 100 * done // whole
    return f"{done:,} of {whole:,} entries ({share} %) in {seconds:.1f} s"


async def _run(settings: ChatSettings) -> int:
    keep, age = settings.history_messages, settings.history_age
    async with (
        connect(
            settings.nats_url, name="chat-rebuild", keeps_streams=settings.keeps_streams
        ) as broker,
        connect_history(settings.redis_url, keep=keep, age=age) as history,
        connect_directory(settings.redis_url) as directory,
    ):
        try:
            await rebuild(broker, history, _say, before_store=Listing(directory).note)
        except StreamMissingError:
            _say(f"there is no stream {CHAT.name} yet, so there is nothing to rebuild")
            return 1
        except HistoryUnavailableError as error:
            _say(f"Redis does not answer: {error.detail}")
            return 1
        except AirwaveError as error:
            _say(str(error))
            return 1
    return 0


def _say(line: str) -> None:
    print(f"history: {line}", flush=True)  # noqa: T201 - for a person


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m chat.rebuild",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--nats-url", help="instead of CHAT_NATS_URL")
    parser.add_argument("--redis-url", help="instead of CHAT_REDIS_URL")
    given = parser.parse_args(arguments)
    overrides = {"CHAT_NATS_URL": given.nats_url, "CHAT_REDIS_URL": given.redis_url}
    environ = os.environ | {name: value for name, value in overrides.items() if value}
    try:
        settings = read_settings(ChatSettings, environ)
    except BadSettingsError as error:
        for problem in error.problems:
            _say(problem)
        return 2
    configure_logging("warning", service="chat-rebuild", format_=settings.log_format)
    try:
        return asyncio.run(_run(settings))
    except KeyboardInterrupt:
        _say("stopped half-way; a chat that runs finishes it")
        return 130


if __name__ == "__main__":
    sys.exit(main())
