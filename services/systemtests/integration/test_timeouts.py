"""The services' own defaults are those of the edge's file of timeouts."""

from chat.settings import ChatSettings
from feed.settings import FeedSettings
from infra.edge.timeouts import load
from realtime.ages import JITTER


def test_the_age_of_connections_is_that_of_the_file() -> None:
    age = load().age
    for kind in (FeedSettings, ChatSettings):
        assert kind.model_fields["connection_age"].default == age.connection
    assert age.jitter_percent == JITTER * 100


def test_the_edge_lets_one_address_have_what_feed_and_chat_allow_it_together() -> None:
    allowed = [
        kind.model_fields["connections_per_ip"].default for kind in (FeedSettings, ChatSettings)
    ]
    assert load().limits.connections_per_address > sum(allowed)
