"""Faults of what runs and what is stored: processes, brokers, Valkey, disks."""

from typing import Final

from systemtests.chaos import faults_processes as processes
from systemtests.chaos import faults_stores as stores
from systemtests.chaos.fault import Fault
from systemtests.chaos.faults_disk import disk_full

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
        cuts=False,
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
        cuts=False,
    ),
    Fault(
        name="deploy during load",
        row="rolling update",
        hits="feed chat",
        act=processes.deployed,
        cuts=False,
    ),
    Fault(name="edge killed", row="replica killed", hits="edge", act=_KILL(processes.edge)),
    Fault(
        name="edge stopped", row="gray failure", hits="edge", act=_STOP(processes.edge), seconds=15
    ),
    Fault(
        name="edge reloaded",
        row="rolling update",
        hits="edge",
        act=processes.edge_reloaded,
        cuts=False,
    ),
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
        cuts=False,
    ),
    Fault(
        name="Valkey stopped",
        row="Redis killed",
        hits="valkey",
        act=_STOP(processes.valkey),
        seconds=10,
        cuts=False,
    ),
    Fault(
        name="Valkey emptied",
        row="Redis emptied",
        hits="valkey",
        act=stores.valkey_emptied,
        cuts=False,
    ),
    Fault(
        name="Valkey full",
        row="Redis full",
        hits="valkey",
        act=stores.valkey_full,
        seconds=5,
        cuts=False,
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
