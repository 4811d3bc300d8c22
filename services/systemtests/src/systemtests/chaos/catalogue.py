"""Every fault of a run, and the few of a short one."""

from collections.abc import Iterable
from typing import Final

from systemtests import descriptors
from systemtests.chaos.catalogue_host import CLOCKS, LIMITS
from systemtests.chaos.catalogue_network import CLIENTS, NETSPACE, NETWORK
from systemtests.chaos.catalogue_servers import BROKER, CLUSTER, DISK, PROCESSES, VALKEY, WOUNDS
from systemtests.chaos.fault import Fault
from systemtests.chaos.world import World

ALL: Final = (
    *PROCESSES,
    *LIMITS,
    *CLOCKS,
    *BROKER,
    *VALKEY,
    *NETWORK,
    *CLIENTS,
    *WOUNDS,
    *NETSPACE,
    *CLUSTER,
    *DISK,
)
SHORT: Final = ("feed killed", "broker killed", "readings deleted", "acks lost")


def lanes_of(world: World) -> tuple[tuple[Fault, ...], tuple[Fault, ...]]:
    """What a random mix draws from, one fault of each lane at a time: what can befall this world.

    What runs and its clients; and the broker, the store and the network.
    """
    limits = () if descriptors.missing() else LIMITS
    clocks = CLOCKS if world.clocks else ()
    packets = NETSPACE if world.netspace is not None else ()
    stores: tuple[Fault, ...] = (*BROKER, *VALKEY, *NETWORK)
    if world.replicated:
        # A deleted stream would come back with one copy; links to the broker are not there.
        stores = (*CLUSTER, *(fault for fault in stores if fault.hits != "nats"))
    return (*PROCESSES, *CLIENTS, *limits, *clocks), (*stores, *packets)


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
