"""Faults of the network, and of strangers who come over it."""

from typing import Final

from systemtests.chaos import faults_clients as clients
from systemtests.chaos import faults_network as network
from systemtests.chaos.fault import Fault
from systemtests.chaos.netspace import Netspace

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
