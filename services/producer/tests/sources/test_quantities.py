import pytest

from producer.sources.quantities import QUANTITIES, Quantity
from producer.sources.weather import Conditions
from realtime.subjects import is_token

NIGHT = Conditions(day=0.0, sun=-1.0, clouds=0.5, warmth=0.0, damp=0.0)
NOON = Conditions(day=0.5, sun=1.0, clouds=0.5, warmth=0.0, damp=0.0)
# RFC 8428, section 12.1, and RFC 8798, section 3.
REGISTERED = {"Cel", "%RH", "lx", "ppm", "%"}
BY_NAME = {quantity.name: quantity for quantity in QUANTITIES}


def by_name(quantity: Quantity) -> str:
    return quantity.name


@pytest.mark.parametrize("quantity", QUANTITIES, ids=by_name)
def test_a_quantity_has_a_plain_name_and_a_registered_unit(quantity: Quantity) -> None:
    assert is_token(quantity.name)
    assert quantity.unit in REGISTERED


@pytest.mark.parametrize("quantity", QUANTITIES, ids=by_name)
@pytest.mark.parametrize("sun", [-1.0, 0.0, 1.0])
@pytest.mark.parametrize("deviation", [-3.0, 0.0, 3.0])
def test_a_curve_stays_within_what_the_sensor_can_show(
    quantity: Quantity, sun: float, deviation: float
) -> None:
    now = Conditions(day=0.5, sun=sun, clouds=0.5, warmth=deviation, damp=deviation)

    assert quantity.low <= quantity.curve(now) <= quantity.high


def test_noon_is_warmer_drier_brighter_and_has_less_co2_than_night() -> None:
    rises = {name: q.curve(NOON) > q.curve(NIGHT) for name, q in BY_NAME.items()}

    assert rises == {
        "temperature": True,
        "humidity": False,
        "light": True,
        "co2": False,
        "soil-moisture": True,  # watered at six
    }


def test_values_are_rounded_and_clipped_as_the_sensor_would() -> None:
    assert BY_NAME["temperature"].clip(21.4567) == 21.46
    assert BY_NAME["light"].clip(-3.0) == 0.0
    assert BY_NAME["humidity"].clip(130.0) == 100.0
