import pytest

from crowd.plan import Plan, Shape, plan, step_counts


def _users(chosen: Plan, at: float) -> int:
    stage = chosen.stage(at)
    assert stage is not None
    return stage.users


@pytest.mark.parametrize("shape", list(Shape))
def test_every_shape_reaches_its_users_and_ends(shape: Shape) -> None:
    chosen = plan(shape, users=100, rate=20, seconds=60)
    assert max(stage.users for stage in chosen.stages) == 100
    assert [chosen.stage(at) is None for at in (59.9, 60)] == [False, True]


def test_steps_grow_by_half() -> None:
    assert list(step_counts(100)) == [6, 9, 13, 20, 30, 44, 67, 100]
    assert list(step_counts(3)) == [3]
    assert plan(Shape.STEPS, users=100, rate=20, seconds=80).stops_at_knee


def test_a_spike_comes_and_goes() -> None:
    chosen = plan(Shape.SPIKE, users=100, rate=10, seconds=60)
    assert [_users(chosen, at) for at in (0, 19, 21, 39, 41)] == [20, 20, 100, 100, 20]


def test_storms_come_when_everybody_is_there() -> None:
    chosen = plan(Shape.STORM, users=100, rate=10, seconds=40)
    assert list(chosen.storms) == [20, 30]
    assert plan(Shape.STORM, users=1000, rate=1, seconds=30).storms[0] == 20


def test_replicas_are_restarted_twice() -> None:
    assert len(plan(Shape.ROLLING, users=10, rate=10, seconds=61).rolls) == 2
