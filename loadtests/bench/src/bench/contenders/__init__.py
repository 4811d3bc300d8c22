"""Who is measured: one contender to a file."""

from typing import Final

from bench.contenders.centrifugo import Centrifugo
from bench.contenders.contender import Contender, Place, Wire
from bench.contenders.floor import Floor
from bench.contenders.mercure import Mercure
from bench.contenders.nchan import Nchan
from bench.contenders.node_ws import NodeWs
from bench.contenders.ours import Chat, Feed
from bench.contenders.usual import SseStarlette, StarletteWebSocket

CONTENDERS: Final[tuple[Contender, ...]] = (
    Floor(Wire.SSE),
    Feed(),
    Feed(portable=True),
    SseStarlette(),
    Nchan(),
    Mercure(),
    Floor(Wire.WEBSOCKET),
    Chat(),
    Chat(portable=True),
    StarletteWebSocket(),
    NodeWs(),
    Centrifugo(),
)

__all__ = ["CONTENDERS", "Contender", "Place", "Wire"]
