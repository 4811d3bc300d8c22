"""Every fault of a run: what processes, stores, networks and clients can suffer or do."""

from collections.abc import Iterable
from typing import Final

from systemtests.chaos import faults_clients as clients
from systemtests.chaos import faults_network as network
from systemtests.chaos import faults_processes as processes
from systemtests.chaos import faults_stores as stores
from systemtests.chaos.fault import Fault
from systemtests.chaos.faults_disk import disk_full
from systemtests.chaos.netspace import Netspace

_KILL, _STOP = processes.killed, processes.stopped

PROCESSES: Final = (
    Fault(name="feed killed", row="replica killed", hits="feed", act=_KILL(processes.one_feed)),
    Fault(
        name="both feeds killed", row="replica killed", hits="feed", act=processes.both_feeds_killed
    ),
    Fault(
        name="feed stopped",
        row="gray failure",
        hits="feed",
        act=_STOP(processes.one_feed),
        seconds=20,
    ),
    Fault(
        name="feed stutters",
        row="event loop stalled",
        hits="feed",
        act=processes.stutters(processes.one_feed),
        seconds=8,
    ),
    Fault(
        name="feed restarted",
        row="SIGTERM with live streams",
        hits="feed",
        act=processes.restarted(processes.one_feed),
    ),
    Fault(name="chat killed", row="replica killed", hits="chat", act=_KILL(processes.one_chat)),
    Fault(
        name="both chats killed", row="replica killed", hits="chat", act=processes.both_chats_killed
    ),
    Fault(
        name="chat stopped",
        row="gray failure",
        hits="chat",
        act=_STOP(processes.one_chat),
        seconds=20,
        bound=75,
    ),
    Fault(
        name="chat stutters",
        row="event loop stalled",
        hits="chat",
        act=processes.stutters(processes.one_chat),
        seconds=8,
    ),
    Fault(
        name="chat restarted",
        row="SIGTERM with live streams",
        hits="chat",
        act=processes.restarted(processes.one_chat),
    ),
    Fault(
        name="deploy during load", row="rolling update", hits="feed chat", act=processes.deployed
    ),
    Fault(name="edge killed", row="replica killed", hits="edge", act=_KILL(processes.edge)),
    Fault(
        name="edge stopped", row="gray failure", hits="edge", act=_STOP(processes.edge), seconds=15
    ),
    Fault(name="edge reloaded", row="rolling update", hits="edge", act=processes.edge_reloaded),
)
BROKER: Final = (
    Fault(
        name="broker killed",
        row="NATS killed, restarted",
        hits="nats",
        act=_KILL(processes.broker),
        seconds=10,
    ),
    Fault(
        name="broker stopped",
        row="NATS stopped",
        hits="nats",
        act=_STOP(processes.broker),
        seconds=20,
    ),
    Fault(
        name="broker restarted",
        row="NATS killed, restarted",
        hits="nats",
        act=processes.restarted(processes.broker),
    ),
    Fault(
        name="readings deleted",
        row="stream deleted",
        hits="nats",
        act=stores.sensors_deleted,
        tells=True,
    ),
    Fault(
        name="readings purged",
        row="stream purged",
        hits="nats",
        act=stores.sensors_purged,
        tells=True,
    ),
)
WOUNDS: Final = (
    Fault(
        name="messages deleted",
        row="stream deleted",
        hits="nats",
        act=stores.chat_deleted,
        tells=True,
        wounds=True,
    ),
    Fault(
        name="rolled back",
        row="stream rolled back",
        hits="nats",
        act=stores.rolled_back,
        tells=True,
        wounds=True,
    ),
)
VALKEY: Final = (
    Fault(
        name="Valkey killed",
        row="Redis killed",
        hits="valkey",
        act=_KILL(processes.valkey),
        seconds=5,
    ),
    Fault(
        name="Valkey stopped",
        row="Redis killed",
        hits="valkey",
        act=_STOP(processes.valkey),
        seconds=10,
    ),
    Fault(name="Valkey emptied", row="Redis emptied", hits="valkey", act=stores.valkey_emptied),
    Fault(name="Valkey full", row="Redis full", hits="valkey", act=stores.valkey_full, seconds=5),
)
NETWORK: Final = (
    Fault(
        name="clients half-open",
        row="half-open TCP",
        hits="clients",
        act=network.half_open("clients-edge"),
        seconds=25,
        bound=75,
    ),
    Fault(
        name="clients cut off",
        row="network cut",
        hits="clients",
        act=network.cut("clients-edge"),
        seconds=15,
        bound=75,
    ),
    Fault(name="clients half-closed", row="half-open TCP", hits="clients", act=network.half_closed),
    Fault(
        name="clients reset",
        row="resets",
        hits="clients",
        act=network.reset_storm("clients-edge"),
        seconds=5,
        bound=75,
    ),
    Fault(
        name="clients' delay 200 ms ± 100",
        row="delay",
        hits="clients",
        act=network.weather("clients-edge", delay=0.2, jitter=0.1),
        seconds=8,
    ),
    Fault(
        name="clients' stalls, 20 %",
        row="loss",
        hits="clients",
        act=network.weather("clients-edge", stall_chance=0.2),
        seconds=8,
    ),
    Fault(
        name="clients get 2 kB/s",
        row="bandwidth limit",
        hits="clients",
        act=network.weather("clients-edge", rate=2_000.0),
        seconds=10,
        bound=75,
    ),
    Fault(
        name="cut after 5 kB",
        row="resets",
        hits="clients",
        act=network.weather("clients-edge", reset_after=5_000),
        seconds=10,
        bound=75,
    ),
    Fault(
        name="edge cut from feeds",
        row="network cut",
        hits="inside",
        act=network.cut("edge-feed"),
        seconds=10,
    ),
    Fault(
        name="edge cut from chats",
        row="network cut",
        hits="inside",
        act=network.cut("edge-chat"),
        seconds=10,
        bound=75,
    ),
    Fault(
        name="feed1 cut from broker",
        row="network cut",
        hits="nats",
        act=network.cut("feed1-nats"),
        seconds=15,
    ),
    Fault(
        name="chat1 cut from broker",
        row="network cut",
        hits="nats",
        act=network.cut("chat1-nats"),
        seconds=15,
        bound=75,
    ),
    Fault(
        name="feed1 half-open to broker",
        row="NATS stopped",
        hits="nats",
        act=network.half_open("feed1-nats"),
        seconds=20,
    ),
    Fault(
        name="links to the broker reset",
        row="resets",
        hits="nats",
        act=network.reset_storm("-nats"),
        seconds=5,
    ),
    Fault(
        name="broker 150 ms away",
        row="delay",
        hits="nats",
        act=network.weather("-nats", delay=0.15, jitter=0.05),
        seconds=8,
    ),
    Fault(name="acks lost", row="lost ack, retry", hits="nats", act=network.acks_lost, seconds=5),
    Fault(
        name="chats cut from Valkey",
        row="Redis killed",
        hits="valkey",
        act=network.cut("chat", "valkey"),
        seconds=10,
    ),
)
CLIENTS: Final = (
    Fault(
        name="clients never read",
        row="subscriber never reads",
        hits="strangers",
        act=clients.never_reads,
        seconds=10,
    ),
    Fault(
        name="slowloris",
        row="slowloris, half header",
        hits="strangers",
        act=clients.slowloris,
        seconds=8,
    ),
    Fault(
        name="crowds come and go",
        row="connect flood",
        hits="strangers",
        act=clients.crowds_come_and_go,
        seconds=5,
    ),
    Fault(name="nonsense", row="hostile input", hits="strangers", act=clients.nonsense, seconds=5),
)
NETSPACE: Final = (
    Fault(
        name="packets: cut",
        row="network cut",
        hits="far",
        act=network.packets(Netspace.cut),
        seconds=20,
        bound=75,
        needs="netspace",
    ),
    Fault(
        name="packets: 10 % lost",
        row="loss",
        hits="far",
        act=network.packets(lambda space: space.losing(10)),
        seconds=10,
        needs="netspace",
    ),
    Fault(
        name="packets: resets",
        row="resets",
        hits="far",
        act=network.packets(Netspace.resetting),
        seconds=5,
        bound=75,
        needs="netspace",
    ),
    Fault(
        name="packets: 32 kbit/s",
        row="bandwidth limit",
        hits="far",
        act=network.packets(lambda space: space.narrow(32)),
        seconds=15,
        bound=75,
        needs="netspace",
    ),
)
CLUSTER: Final = (
    Fault(
        name="node killed",
        row="NATS killed, restarted",
        hits="nats",
        act=_KILL(processes.broker),
        seconds=8,
        bound=60,
        needs="cluster",
    ),
    Fault(
        name="node stopped",
        row="NATS stopped",
        hits="nats",
        act=_STOP(processes.broker),
        seconds=20,
        bound=60,
        needs="cluster",
    ),
    Fault(
        name="majority lost",
        row="NATS killed, restarted",
        hits="nats",
        act=processes.majority_lost,
        seconds=5,
        bound=75,
        needs="cluster",
    ),
    Fault(
        name="nodes rolled",
        row="rolling update",
        hits="nats",
        act=processes.brokers_rolled,
        bound=75,
        needs="cluster",
    ),
)
DISK: Final = (
    Fault(
        name="disk full",
        row="broker disk full",
        hits="nats",
        act=disk_full,
        seconds=5,
        bound=60,
        needs="disk",
    ),
)

ALL: Final = (*PROCESSES, *BROKER, *VALKEY, *NETWORK, *CLIENTS, *WOUNDS, *NETSPACE, *CLUSTER, *DISK)
SHORT: Final = ("feed killed", "broker killed", "readings deleted", "acks lost")


def find(names: Iterable[str]) -> list[Fault]:
    """The faults of these names, in the catalogue's order.

    Raises:
        KeyError: there is none of a name.
    """
    wanted = set(names)
    found = [fault for fault in ALL if fault.name in wanted]
    unknown = wanted - {fault.name for fault in found}
    if unknown:
        raise KeyError(*unknown)
    return found
