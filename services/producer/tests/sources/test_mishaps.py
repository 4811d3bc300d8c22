from producer.sources.chance import Chance
from producer.sources.mishaps import Mishap, spike_height

ALWAYS = Mishap(label="test", slot=100.0, probability=1.0, shortest=5.0, longest=20.0)


def test_a_mishap_lasts_for_one_stretch_of_the_slot_within_its_bounds() -> None:
    chance = Chance(3)
    for slot in range(20):
        times = [slot * 100 + tenth / 10 for tenth in range(1_000)]
        during = [t for t in times if ALWAYS.since(chance, "a/b", t) is not None]

        assert 4.8 <= during[-1] - during[0] <= 20
        assert len(during) == round((during[-1] - during[0]) * 10) + 1


def test_a_mishap_is_gone_through_from_zero_to_one() -> None:
    parts = [ALWAYS.since(Chance(3), "a/b", tenth / 10) for tenth in range(1_000)]
    through = [part for part in parts if part is not None]

    assert through == sorted(through)
    assert through[0] < 0.05
    assert through[-1] > 0.95


def test_mishaps_come_as_often_as_stated() -> None:
    rare = Mishap(label="test", slot=1.0, probability=0.1, shortest=1.0, longest=1.0)

    hits = sum(rare.since(Chance(3), "a/b", float(slot)) is not None for slot in range(5_000))

    assert 400 < hits < 600


def test_a_spike_rises_at_once_and_fades() -> None:
    assert spike_height(0) == 1
    assert 0.04 < spike_height(1) < 0.06
