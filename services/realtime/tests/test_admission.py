import pytest

from realtime.admission import Admission, Caps, Refusal, RefusedError
from realtime.testing import Clock


def make(
    *, connections: int = 3, per_ip: int = 1, limit_loopback: bool = False, burst: int = 100
) -> Admission:
    caps = Caps(
        connections=connections,
        per_ip=per_ip,
        limit_loopback=limit_loopback,
        per_second=10,
        burst=burst,
    )
    return Admission(caps, clock=Clock())


def test_the_cap_per_replica_holds_and_a_slot_given_back_is_free() -> None:
    admission = make(connections=2, per_ip=5)
    first = admission.enter("192.0.2.1")
    admission.enter("192.0.2.1")
    with pytest.raises(RefusedError) as caught:
        admission.enter("192.0.2.2")
    assert (caught.value.reason, caught.value.limit) == (Refusal.FULL, 2)
    first.leave()
    first.leave()
    assert admission.connections == 1
    admission.enter("192.0.2.2")


def test_the_cap_per_address_holds_and_others_pass() -> None:
    admission = make()
    with admission.enter("192.0.2.1"), pytest.raises(RefusedError) as caught:
        admission.enter("192.0.2.1")
    assert caught.value.reason is Refusal.PER_IP
    assert admission.refused == {Refusal.PER_IP: 1}
    admission.enter("192.0.2.1")
    admission.enter("2001:db8::1")


@pytest.mark.parametrize("ip", ["127.0.0.1", "127.8.8.8", "::1"])
def test_loopback_is_exempt_unless_limited(ip: str) -> None:
    admission = make()
    assert not admission.enter(ip).limited
    admission.enter(ip)
    strict = make(limit_loopback=True)
    assert strict.enter(ip).limited
    with pytest.raises(RefusedError):
        strict.enter(ip)


def test_what_is_no_address_is_capped_too() -> None:
    admission = make()
    admission.enter("unix")
    with pytest.raises(RefusedError):
        admission.enter("unix")


def test_a_storm_is_admitted_at_a_rate_and_a_refusal_takes_no_place() -> None:
    clock = Clock()
    caps = Caps(connections=9, per_ip=9, limit_loopback=False, per_second=8, burst=2)
    admission = Admission(caps, clock=clock)
    for _ in range(2):
        admission.enter("192.0.2.1")
    with pytest.raises(RefusedError) as caught:
        admission.enter("192.0.2.1")
    assert (caught.value.reason, caught.value.code, admission.connections) == ("rate", "rate", 2)
    clock.now += 0.125
    admission.enter("192.0.2.1")
    assert admission.refused == {Refusal.RATE: 1}


def test_a_refusal_by_others_is_counted_here() -> None:
    admission = make()
    error = admission.refuse(Refusal.DRAINING)
    assert (error.code, error.retryable, str(error)) == ("draining", True, "draining")
    assert admission.refused == {"draining": 1}


def test_who_is_turned_away_later_is_counted_and_has_its_place_until_it_leaves() -> None:
    admission = make(connections=1)
    with admission.enter("192.0.2.1") as slot:
        slot.refuse(Refusal.CHANNELS)
        assert admission.connections == 1
    assert (admission.connections, admission.refused) == (0, {"channels": 1})


def test_the_cap_per_user_holds_and_guests_have_none() -> None:
    caps = Caps(
        connections=99, per_ip=99, per_user=2, limit_loopback=False, per_second=10, burst=99
    )
    admission = Admission(caps)
    slots = [admission.enter("127.0.0.1") for _ in range(6)]
    slots[0].claim("ada")
    slots[1].claim("ada")
    with pytest.raises(RefusedError) as caught:
        slots[2].claim("ada")
    assert (caught.value.reason, caught.value.limit) == (Refusal.PER_USER, 2)
    slots[2].claim("bob")
    for slot in slots[3:]:
        slot.claim("")
    slots[0].leave()
    slots[0].leave()
    slots[3].claim("ada")
    for slot in slots:
        slot.leave()
    assert admission.connections == 0
    assert not admission._by_user


def test_a_spent_budget_turns_newcomers_away_and_only_as_long_as_it_is() -> None:
    spent: list[Refusal] = []
    admission = Admission(
        Caps(connections=1, per_ip=10, limit_loopback=True, per_second=100, burst=100),
        budget=lambda: spent[0] if spent else None,
    )
    spent.append(Refusal.LATE)
    with pytest.raises(RefusedError) as raised:
        admission.enter("192.0.2.1")
    assert (raised.value.reason, raised.value.limit) == (Refusal.LATE, None)
    spent.clear()
    with admission.enter("192.0.2.1"):
        # What is asked first is the cap that was set.
        spent.append(Refusal.MEMORY)
        assert admission.obstacle() is Refusal.FULL
    assert admission.refused == {"late": 1}
