from datetime import timedelta

from producer.sources.chance import Chance
from producer.sources.weather import Weather

DAY = 86_400.0
MIDNIGHT = DAY * 20_000


def test_the_sun_is_lowest_at_midnight_and_highest_at_noon() -> None:
    weather = Weather(Chance(1), day=timedelta(days=1))

    heights = [round(weather.at(MIDNIGHT + DAY * part).sun, 6) for part in (0, 0.25, 0.5, 0.75)]

    assert heights == [-1, 0, 1, 0]


def test_days_are_as_long_as_set() -> None:
    weather = Weather(Chance(1), day=timedelta(minutes=10))

    assert weather.at(MIDNIGHT + 300).sun == 1
    assert weather.at(MIDNIGHT + 450).day == 0.75


def test_clouds_stay_between_clear_and_covered() -> None:
    weather = Weather(Chance(1), day=timedelta(days=1))
    clouds = [weather.at(MIDNIGHT + 600 * step).clouds for step in range(200)]

    assert 0 < min(clouds) < 0.3
    assert 0.7 < max(clouds) < 1
