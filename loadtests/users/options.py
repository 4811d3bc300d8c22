"""What can be set beside locust's own options, and better defaults for those."""

import os
import tempfile
from pathlib import Path
from typing import Any, Final

from locust import events
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment

from crowd.plan import Shape

_HERE: Final = Path(__file__).parents[1]
THRESHOLDS: Final = _HERE / "thresholds.toml"


def results() -> Path:
    """Where reports go: this folder's results, or in an image, which has none, where one may."""
    folder = _HERE / "results"
    return folder if os.access(folder, os.W_OK) else Path(tempfile.gettempdir())


def options_of(environment: Environment) -> Any:
    """What was set, ours included."""
    return environment.parsed_options


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]
def add_options(parser: LocustArgumentParser) -> None:
    """Add ours to the command line."""
    parser.set_defaults(
        host="http://127.0.0.1:8080",
        spawn_rate=20,
        only_summary=True,
        csv_prefix=str(results() / "run"),
        html_file=str(results() / "locust.html"),
    )
    group = parser.add_argument_group("Airwave")
    add = group.add_argument
    add(
        "--feed-path",
        default="/feed/readings",
        env_var="LOCUST_FEED_PATH",
        help="where the stream is; /readings for a feed without its edge",
    )
    add(
        "--chat-path",
        default="/chat/ws",
        env_var="LOCUST_CHAT_PATH",
        help="where the WebSocket is; /ws for a chat without its edge",
    )
    add(
        "--stay",
        type=float,
        default=0.0,
        metavar="SECONDS",
        env_var="LOCUST_STAY",
        help="how long a connection lasts, in the mean, before its user leaves and comes back; "
        "0: 20 s, and 600 s (10 %% a minute) for the shape soak",
    )
    add(
        "--rooms",
        type=int,
        default=5,
        metavar="N",
        env_var="LOCUST_ROOMS",
        help="over how many rooms the members spread",
    )
    add(
        "--streams",
        default="all:3,device:4,quantity:1,paced:2",
        env_var="LOCUST_STREAMS",
        help="what dashboards ask for, in which shares: everything, one device, one quantity, "
        "everything at one or two events a second",
    )
    add(
        "--gzip",
        type=float,
        default=0.5,
        metavar="SHARE",
        env_var="LOCUST_GZIP",
        help="the share of dashboards that accept gzip, as browsers do",
    )
    add(
        "--shape",
        default="ramp",
        choices=[str(shape) for shape in Shape],
        env_var="LOCUST_SHAPE",
        help="how the load comes: ramp, steps to the knee, spike, storm "
        "(all cut at once, and back), soak, rolling (replicas restarted meanwhile)",
    )
    add(
        "--roll",
        default="",
        metavar="COMMAND",
        env_var="LOCUST_ROLL",
        help="what restarts replicas, for the shape rolling: 'kubectl rollout restart …'",
    )
    add(
        "--thresholds",
        default=str(THRESHOLDS),
        metavar="FILE",
        env_var="LOCUST_THRESHOLDS",
        help="what a run has to hold",
    )
    add(
        "--results",
        default=str(results()),
        metavar="FOLDER",
        env_var="LOCUST_RESULTS",
        help="where report.html and run.json are put",
    )
