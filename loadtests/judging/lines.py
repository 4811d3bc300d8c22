"""The names of lines that verdict and plots look for."""

from typing import Final

DELAY: Final = "SSE event delay"
PACED: Final = "SSE paced delay"
ACK: Final = "WS ack"
DELIVERY: Final = "WS delivery"
LAG: Final = "RUN generator lag"
CPU: Final = "RUN generator cpu"
ROLL: Final = "RUN roll"
HISTORY: Final = "WS history"
HELD_BACK: Final = "SSE held back"
TRIED: Final = "tried"
PROMISES: Final = ("lost", "duplicate", "order", "untold")
PROOFS: Final = {
    "SSE": (DELAY, PACED, "SSE replay"),
    "WS": (DELIVERY,),
    "POLL": ("POLL answer", "POLL unchanged"),
}
"""What has to have come at least once to those who tried."""
