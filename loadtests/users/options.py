"""What can be set beside locust's own options, and better defaults for those."""

from pathlib import Path
from typing import Final

from locust import events
from locust.argument_parser import LocustArgumentParser

RESULTS: Final = Path(__file__).parents[1] / "results"


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]
def add_options(parser: LocustArgumentParser) -> None:
    """Add ours to the command line."""
    parser.set_defaults(
        host="http://127.0.0.1:8080",
        spawn_rate=20,
        csv_prefix=str(RESULTS / "run"),
        html_file=str(RESULTS / "report.html"),
    )
    group = parser.add_argument_group("Airwave")
    group.add_argument(
        "--feed-path",
        default="/feed/readings",
        help="where the stream is; /readings for a feed without its edge",
    )
    group.add_argument(
        "--chat-path",
        default="/chat/ws",
        help="where the WebSocket is; /ws for a chat without its edge",
    )
    group.add_argument(
        "--stay",
        type=float,
        default=20.0,
        metavar="SECONDS",
        help="how long a connection lasts, in the mean, before its user leaves and comes back",
    )
    group.add_argument(
        "--rooms", type=int, default=5, metavar="N", help="over how many rooms the members spread"
    )
