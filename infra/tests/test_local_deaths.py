from infra.local.deaths import Deaths


def test_each_death_waits_longer_up_to_a_limit() -> None:
    deaths = Deaths()
    delays = [deaths.delay_after(now * 100.0, ready_for=0) for now in range(4)]
    assert delays == [0.5, 1.0, 2.0, 4.0]
    assert [deaths.delay_after(now * 100.0, ready_for=0) for now in range(4, 7)] == [8.0] * 3


def test_five_deaths_within_a_minute_are_enough() -> None:
    deaths = Deaths()
    assert all(deaths.delay_after(now, ready_for=1) for now in (0.0, 15.0, 30.0, 45.0))
    assert deaths.delay_after(60.0, ready_for=1) is None


def test_five_deaths_in_more_than_a_minute_are_not() -> None:
    deaths = Deaths()
    assert all(deaths.delay_after(now, ready_for=1) for now in (0.0, 15.0, 30.0, 45.0, 60.1))


def test_having_been_well_for_a_while_is_not_given_up_and_waits_all_the_same() -> None:
    deaths = Deaths()
    delays = [deaths.delay_after(now * 6.0, ready_for=5.5) for now in range(100)]
    assert delays[:4] == [0.5, 1.0, 2.0, 4.0]
    assert set(delays[4:]) == {8.0}


def test_having_been_well_for_a_minute_begins_anew() -> None:
    deaths = Deaths()
    for now in (0.0, 1.0, 2.0, 3.0):
        deaths.delay_after(now, ready_for=0)
    assert deaths.delay_after(10.0, ready_for=6.0) == 8.0
    assert deaths.delay_after(80.0, ready_for=60.0) == 0.5
