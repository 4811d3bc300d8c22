"""The dashboard of chat."""

from typing import Final

from infra.watch.boards.board import Board, Row
from infra.watch.boards.common import delay, leaving_row, log_row, process_row
from infra.watch.boards.panel import Panel, Query, Unit, only, quantiles, rate

_ROOMS: Final = Row(
    "Rooms",
    (
        Panel(
            title="Open WebSockets",
            text="Connections of each replica.",
            queries=(Query(only("chat_connections")),),
        ),
        delay("chat"),
        Panel(
            title="Acknowledgement",
            text="From a post to its acknowledgement. The objective is 0.5 s.",
            queries=quantiles("chat_ack_seconds"),
            unit=Unit.SECONDS,
        ),
        Panel(
            title="Posts and changes",
            text="Tried, acknowledged, and stored by an earlier try.",
            queries=(
                Query(rate("chat_posts_total", by="namespace"), "tried"),
                Query(rate("chat_acks_total", by="namespace"), "acknowledged"),
                Query(rate("chat_duplicates_total", by="namespace"), "sent again"),
            ),
            unit=Unit.PER_SECOND,
        ),
        Panel(
            title="Deliveries",
            text="Messages handed to members.",
            queries=(Query(rate("chat_deliveries_total")),),
            unit=Unit.PER_SECOND,
        ),
        Panel(
            title="Messages and changes",
            text="Relayed by all replicas.",
            queries=(
                Query(rate("chat_messages_total", by="namespace"), "messages"),
                Query(rate("chat_changes_total", by="kind"), "{{kind}}"),
            ),
            unit=Unit.PER_SECOND,
        ),
        Panel(
            title="Rooms",
            text="With members, by replica: one room may be on several.",
            queries=(Query(only("chat_rooms")),),
        ),
        Panel(
            title="Members",
            text="Memberships at the head, and behind it because their sockets are full.",
            queries=(
                Query(f"sum({only('chat_members_live')})", "live"),
                Query(f"sum({only('chat_members_lagging')})", "lagging"),
            ),
        ),
        Panel(
            title="Errors told",
            text="Error frames by code.",
            queries=(Query(rate("chat_errors_total", by="code"), "{{code}}"),),
            unit=Unit.PER_SECOND,
        ),
    ),
)
_HISTORY: Final = Row(
    "History and presence",
    (
        Panel(
            title="Projection lag",
            text="Offsets that history is behind the log.",
            queries=(Query(only("chat_projection_lag")),),
            width=6,
            bad_above=1000,
        ),
        Panel(
            title="Leaders",
            text="Replicas that write history: one.",
            queries=(Query(f"sum({only('chat_projection_leads')})", "leaders"),),
            width=6,
        ),
        Panel(
            title="Stores",
            text="Whether history and presence answer.",
            queries=(
                Query(f"min({only('chat_history_up')})", "history"),
                Query(f"min({only('chat_presence_up')})", "presence"),
            ),
            unit=Unit.YES,
            width=6,
        ),
        Panel(
            title="Frames of presence and typing",
            text="At most one a second for each room.",
            queries=(
                Query(rate("chat_presence_frames_total", by="namespace"), "presence"),
                Query(rate("chat_typing_frames_total", by="namespace"), "typing"),
            ),
            unit=Unit.PER_SECOND,
            width=6,
        ),
        Panel(
            title="Connections ended",
            text="By whom or what.",
            queries=(Query(rate("chat_ended_total", by="by"), "{{by}}"),),
            unit=Unit.PER_SECOND,
            width=24,
        ),
    ),
)

CHAT: Final = Board(
    "chat",
    "Airwave / chat",
    (_ROOMS, _HISTORY, log_row("chat"), leaving_row("chat"), process_row("chat")),
)
