"""The numbers that are told about a chat."""

from prometheus_client import generate_latest

from chat.app import Chat
from chat.testing.dialog import dialog
from realtime.testing import MemoryBroker, wait_until
from systemtests.running_chat import wait_projected


async def test_what_happened_is_counted(chat: Chat, broker: MemoryBroker) -> None:
    with dialog(chat.replica) as ada, dialog(chat.replica, "bob") as bob:
        for talk in (ada, bob):
            await talk.join()
        await ada.post("c1")
        await ada.post("c1")
        await ada.join("*")
        await bob.say("history", room="lobby")
        for _ in range(2):
            await ada.session.take('{"type":"typing","room":"lobby"}')
        await broker.broadcast("presence.lobby", b"nonsense")
        await wait_until(lambda: bob.all("presence") and bob.all("typing"))
        await wait_projected(chat)
        ada.sink.fill()
        during = generate_latest(chat.registry).decode()
    after = generate_latest(chat.registry).decode()
    for line in (
        "chat_rooms 1.0",
        "chat_members 2.0",
        "chat_members_lagging 1.0",
        "chat_log_entries 1.0",
        "chat_upstream_up 1.0",
        "chat_history_up 1.0",
        "chat_projection_leads 1.0",
        "chat_presence_up 1.0",
        "chat_presence_frames_total 1.0",
        "chat_typing_frames_total 1.0",
        "chat_typing_dropped_total 1.0",
        "chat_announcements_dropped_total 0.0",
        'chat_announcements_unreadable_total{kind="presence"} 1.0',
        'chat_announcements_unreadable_total{kind="typing"} 0.0',
        "chat_projection_lag 0.0",
        "chat_messages_total 1.0",
        "chat_deliveries_total 2.0",
        "chat_posts_total 2.0",
        "chat_acks_total 2.0",
        "chat_duplicates_total 1.0",
        "chat_ack_seconds_count 2.0",
        "chat_members_live 1.0",
        'chat_admission_refused_total{reason="full"} 0.0',
        'chat_errors_total{code="bad_name"} 1.0',
        'chat_errors_total{code="internal"} 0.0',
        'chat_gaps_total{reason="too_far"} 0.0',
        'chat_entries_unreadable_total{reason="bad_room"} 0.0',
    ):
        assert line in during.splitlines()
    assert 'chat_ended_total{by="client"} 2.0' in after.splitlines()
    assert "chat_members 0.0" in after.splitlines()
    assert "lobby" not in during
    assert "bob" not in during
    broker.go_down()
    await wait_until(lambda: b"chat_upstream_up 0.0" in generate_latest(chat.registry))


async def test_a_history_that_lags_shows(chat: Chat) -> None:
    with dialog(chat.replica) as ada:
        await ada.join()
        for number in range(5):
            await ada.post(f"c{number}")
    await wait_projected(chat)
    chat.projection.position = None
    assert b"chat_projection_lag 5.0" in generate_latest(chat.registry)
