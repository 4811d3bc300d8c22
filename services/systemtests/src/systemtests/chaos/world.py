"""All of Airwave on free ports: two replicas of each gateway, and a link that can fail each way."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from infra.servers import EdgeServer, NatsServer, Server
from realtime.nats import connect
from realtime.subjects import CHAT, SENSORS
from realtime.testing import wait_until
from systemtests.chaos.far_edge import FarEdge
from systemtests.chaos.gateways import Gateway, Store, gateway
from systemtests.chaos.link import Link, linked
from systemtests.chaos.netspace import Netspace
from systemtests.chaos.nodes import nodes_in
from systemtests.wall_clock import WallClock

PATIENT: Final = 90.0
"""Seconds for servers to start on a machine that has other things to do."""
_GATEWAYS: Final = ("feed1", "feed2", "chat1", "chat2")
_COMMON: Final = {"DRAIN_PAUSE": "1", "DRAIN_WINDOW": "2", "LOG_FORMAT": "json"}


@dataclass(eq=False)
class World:
    """What runs. ``links`` by name: "feed1-nats", "chat1-valkey", "edge-feed1", "clients-edge" …

    ``far_edge`` is a second edge on the address that the namespace sees. ``clocks`` by what is on
    them: "feed1" … "valkey"; none where the run has the machine's.
    """

    folder: Path
    seed: str
    brokers: tuple[NatsServer, ...] = ()
    valkey: Store = field(init=False)
    feeds: tuple[Gateway, ...] = ()
    chats: tuple[Gateway, ...] = ()
    edge: EdgeServer = field(init=False)
    far_edge: EdgeServer | None = None
    netspace: Netspace | None = None
    links: dict[str, Link] = field(default_factory=dict)
    mutant: str = ""
    clocks: dict[str, WallClock] = field(default_factory=dict)

    @property
    def replicated(self) -> bool:
        """Whether the broker is a cluster."""
        return len(self.brokers) > 1

    @property
    def nats_url(self) -> str:
        """Where devices publish."""
        return "nats://" + self.address_of("devices-nats", self.brokers[0].url)

    @property
    def near_url(self) -> str:
        """Where clients of this host come in."""
        return "http://" + self.links["clients-edge"].address

    def address_of(self, link: str, url: str) -> str:
        """The link's address, or of a world without it the server's own."""
        return self.links[link].address if link in self.links else _address(url)

    def links_of(self, *ends: str) -> list[Link]:
        """The links whose name contains all of ``ends``."""
        return [link for name, link in self.links.items() if all(e in name for e in ends)]

    @property
    def servers(self) -> tuple[Server, ...]:
        """Everything that has to run when no fault is on."""
        edges = filter(None, (self.edge, self.far_edge))
        return (*self.brokers, self.valkey, *self.feeds, *self.chats, *edges)

    async def revive_dead(self) -> list[str]:
        """Start again what has ended by itself; names what did."""
        dead = [server for server in self.servers if not server.running]
        for server in dead:
            server.start_nowait()
            await until_ready(server)
        return [f"{server.name} ({server.directory.name})" for server in dead]

    def route(self, *, without: int | None = None) -> None:
        """Let the edges choose all replicas, or all but one."""
        feed, chat = (
            tuple(
                self.links[f"edge-{kind}{number}"].address for number in (1, 2) if number != without
            )
            for kind in ("feed", "chat")
        )
        for edge in filter(None, (self.edge, self.far_edge)):
            edge.route(feed=feed, chat=chat)


@asynccontextmanager
async def running_world(
    folder: Path,
    *,
    seed: str,
    brokers: int = 1,
    netspace: Netspace | None = None,
    mutant: str = "",
    clocks: bool = False,
    broker: Callable[[Path], NatsServer] = NatsServer,
) -> AsyncIterator[World]:
    """Everything, started and ready, while the context lasts; ``clocks``: that can step."""
    world = World(folder, seed, netspace=netspace, mutant=mutant)
    if clocks:
        world.clocks = {
            name: WallClock(folder / "clocks" / name) for name in (*_GATEWAYS, "valkey")
        }
    async with AsyncExitStack() as stack:
        if brokers == 1:
            world.brokers = (broker(folder / "nats"),)
        else:
            world.brokers = nodes_in(folder, count=brokers)
        world.valkey = Store(folder / "valkey")
        world.valkey.clock = world.clocks.get("valkey")
        await _start(stack, (*world.brokers, world.valkey))
        await _make_streams(world)
        await _link_stores(stack, world)
        _make_gateways(world)
        await _start(stack, (*world.feeds, *world.chats))
        for kind, servers in (("feed", world.feeds), ("chat", world.chats)):
            for number, server in enumerate(servers, 1):
                await _link(stack, world, f"edge-{kind}{number}", server.url)
        await _start_edges(stack, world)
        yield world


async def _start(stack: AsyncExitStack, servers: Sequence[Server]) -> None:
    """Start several at once, on this thread: they are tied to its life."""
    for server in servers:
        server.start_nowait()
        stack.push_async_callback(_end, server)
    for server in servers:
        await until_ready(server)


async def until_ready(server: Server) -> None:
    """Wait without holding up the links, which live on this loop."""

    def is_ready() -> bool:
        try:
            server.program.ready()
        except Exception:  # noqa: BLE001 - not yet
            return False
        return True

    async def ask() -> bool:
        assert server.running, f"{server.name} ended: {server.log_tail(3)}"
        return await asyncio.to_thread(is_ready)

    await wait_until(ask, what=f"{server.name} being ready", within=PATIENT)


async def _end(server: Server) -> None:
    if server.running:
        await asyncio.to_thread(server.kill)


async def _make_streams(world: World) -> None:
    copies = 3 if world.replicated else None
    async with connect(world.brokers[0].url, name="set-up", replicas=copies) as broker:
        await wait_until(lambda: broker.connected, within=PATIENT)

        async def made() -> bool:
            for spec in (SENSORS, CHAT):
                try:
                    await broker.ensure_stream(spec)
                except Exception:  # noqa: BLE001 - a cluster has to elect its leader first
                    return False
            return True

        await wait_until(made, what="the streams", within=PATIENT)


async def _link(stack: AsyncExitStack, world: World, name: str, url: str) -> None:
    chance = random.Random(f"{world.seed}/{name}")  # noqa: S311 - replayable
    world.links[name] = await stack.enter_async_context(linked(name, _address(url), chance))


async def _link_stores(stack: AsyncExitStack, world: World) -> None:
    if not world.replicated:
        # A cluster tells its clients of all its servers: they would go around a link.
        for name in (*_GATEWAYS, "devices"):
            await _link(stack, world, f"{name}-nats", world.brokers[0].url)
    for name in _GATEWAYS[2:]:
        await _link(stack, world, f"{name}-valkey", world.valkey.url)


def _make_gateways(world: World) -> None:
    def one(kind: str, number: int, settings: Mapping[str, str]) -> Gateway:
        name = f"{kind}{number}"
        nats = "nats://" + world.address_of(f"{name}-nats", world.brokers[0].url)
        settings = {**_COMMON, **settings, "NATS_URL": nats}
        clock = world.clocks.get(name)
        return gateway(kind, world.folder / name, settings, mutant=world.mutant, clock=clock)

    world.feeds = tuple(one("feed", number, {}) for number in (1, 2))
    world.chats = tuple(
        one(
            "chat",
            number,
            {
                "REDIS_URL": "redis://" + world.links[f"chat{number}-valkey"].address,
                # A long run writes more than history keeps by itself, and is held to all of it.
                "HISTORY_MESSAGES": "1000000",
                "POSTS_BURST": "10000",
                "POSTS_PER_SECOND": "1000",
            },
        )
        for number in (1, 2)
    )


async def _start_edges(stack: AsyncExitStack, world: World) -> None:
    feed, chat = (
        tuple(world.links[f"edge-{kind}{number}"].address for number in (1, 2))
        for kind in ("feed", "chat")
    )
    world.edge = EdgeServer(world.folder / "edge", feed=feed, chat=chat)
    edges = [world.edge]
    if world.netspace is not None:
        host = world.netspace.near
        world.far_edge = FarEdge(world.folder / "far-edge", host=host, feed=feed, chat=chat)
        edges.append(world.far_edge)
    await _start(stack, edges)
    await _link(stack, world, "clients-edge", world.edge.url)


def _address(url: str) -> str:
    return url.partition("://")[2]
