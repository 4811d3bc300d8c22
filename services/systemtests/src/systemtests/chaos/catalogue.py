"""Every fault of a run, and the few of a short one."""

from collections.abc import Iterable
from typing import Final

from systemtests.chaos.catalogue_network import CLIENTS, NETSPACE, NETWORK
from systemtests.chaos.catalogue_servers import BROKER, CLUSTER, DISK, PROCESSES, VALKEY, WOUNDS
from systemtests.chaos.fault import Fault

LANES: Final = ((*PROCESSES, *CLIENTS), (*BROKER, *VALKEY, *NETWORK))
"""What a random mix draws from, one fault of each lane at a time."""
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
