"""A framing that a test can read back: one JSON object per chunk."""

import json
from collections.abc import Sequence

from realtime.framing import Gap
from realtime.position import Position


class JsonFraming:
    """Frames payloads, which are JSON texts, with the position they end at."""

    def reduce(self, payloads: Sequence[bytes]) -> Sequence[bytes]:
        """All of them."""
        return payloads

    def frame(self, payloads: Sequence[bytes], upto: Position) -> Sequence[bytes]:
        """All payloads as ``data``."""
        data = {"data": [json.loads(payload) for payload in payloads], "upto": str(upto)}
        return [json.dumps(data).encode()]

    def gap(self, gap: Gap) -> Sequence[bytes]:
        """The reason as ``gap``."""
        data = {"gap": gap.reason.value, "after": str(gap.after), "upto": str(gap.upto)}
        return [json.dumps(data).encode()]

    def heartbeat(self, upto: Position) -> Sequence[bytes]:
        """The position as ``heartbeat``."""
        return [json.dumps({"heartbeat": str(upto)}).encode()]
