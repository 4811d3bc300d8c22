"""The services' own defaults are those of the edge's file of timeouts."""

from datetime import timedelta

from chat.settings import ChatSettings
from feed.settings import FeedSettings
from infra.edge.timeouts import load
from realtime.ages import JITTER
from realtime.lifecycle import LINGER
from realtime.serving import GRACE


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


def test_a_service_that_nobody_gave_a_grace_ends_before_it_is_killed() -> None:
    # docker stop kills after 10 s; Kubernetes after 30.
    for kind in (FeedSettings, ChatSettings):
        fields = kind.model_fields
        drain = fields["drain_pause"].default + fields["drain_window"].default
        assert drain + LINGER + GRACE + timedelta(seconds=3) <= timedelta(seconds=10)


def test_replicas_settle_for_longer_than_a_rollout_pauses() -> None:
    drain, probe = load().drain, load().probe
    for kind in (FeedSettings, ChatSettings):
        # Between a replica that is ready and the next one that leaves.
        pause = probe.ready_period * probe.ready_failures + drain.pre_stop
        assert kind.model_fields["shed_settle"].default > pause
