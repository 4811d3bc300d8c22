"""Faults of the host that a replica runs on: what it runs out of, and how it tells the time."""

from typing import Final

from systemtests.chaos import faults_clocks as clocks
from systemtests.chaos import faults_descriptors as descriptors
from systemtests.chaos import faults_processes as processes
from systemtests.chaos.fault import Fault

LIMITS: Final = (
    Fault(
        name="feed short of descriptors",
        row="fd exhaustion",
        hits="feed",
        act=descriptors.short_of_descriptors(processes.one_feed, descriptors.feed_is_busy),
        seconds=8,
        cuts=False,
        needs="limits",
    ),
    Fault(
        name="chat short of descriptors",
        row="fd exhaustion",
        hits="chat",
        act=descriptors.short_of_descriptors(processes.one_chat, descriptors.chat_is_full),
        seconds=8,
        cuts=False,
        needs="limits",
    ),
)
CLOCKS: Final = (
    Fault(
        name="clocks step ± 1 h",
        row="clock step",
        hits="clocks",
        act=clocks.clocks_step,
        seconds=9,
        cuts=False,
        needs="clocks",
    ),
    Fault(
        name="one host's clock is off",
        row="clock step",
        hits="clocks",
        act=clocks.one_host_is_off,
        seconds=8,
        cuts=False,
        needs="clocks",
    ),
    Fault(
        name="begins with a clock off",
        row="clock step",
        hits="clocks",
        act=clocks.begins_off,
        seconds=5,
        needs="clocks",
    ),
)
