"""A room's messages as WebSocket frames. Pure."""

from collections.abc import Sequence

from chat.protocol import GapTold, encode_frame
from realtime.framing import Gap
from realtime.position import Position


class RoomFraming:
    """Frames one room: payloads are ``message`` frames already, the same bytes for every member."""

    def __init__(self, room: str) -> None:
        self._room = room

    def reduce(self, payloads: Sequence[bytes]) -> Sequence[bytes]:
        """All of them: every message counts."""
        return payloads

    def frame(self, payloads: Sequence[bytes], upto: Position) -> Sequence[bytes]:
        """One chunk per frame; each carries its own position, so ``upto`` is not told."""
        del upto
        return payloads

    def gap(self, gap: Gap) -> Sequence[bytes]:
        """A ``gap`` frame; the member loads history then."""
        first = Position(gap.after.epoch, gap.after.offset + 1)
        told = GapTold(room=self._room, first=str(first), to=str(gap.upto), reason=gap.reason)
        return [encode_frame(told)]

    def heartbeat(self, upto: Position) -> Sequence[bytes]:
        """Nothing: the server's pings prove a WebSocket."""
        del upto
        return []
