"""What finds the bounds of settings finds each kind of them."""

from datetime import timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from realtime.settings import Duration, Seconds, ServiceSettings
from realtime.testing.bounds import bounds, numbers, sides


class ExampleSettings(ServiceSettings):
    prefix: ClassVar[str] = "EXAMPLE_"

    whole: int = Field(default=2, gt=1, lt=4)
    part: float = Field(default=0.5, ge=0, lt=1)
    time: Duration = Field(default=timedelta(seconds=1), le=timedelta(seconds=2))
    either: Literal["most"] | Annotated[int, Field(le=3)] | None = None
    free: Seconds = timedelta(seconds=1)
    word: str = "1"
    truth: bool = True


def test_each_kind_of_bound_is_found() -> None:
    found = bounds(ExampleSettings)
    assert found.pop("TRACE_SHARE") == "<=1 >=0"
    assert found == {"WHOLE": "<4 >1", "PART": "<1 >=0", "TIME": "<=2 >0", "EITHER": "<=3"}


def test_what_has_none_is_a_number_all_the_same() -> None:
    assert numbers(ExampleSettings) == {
        "TRACE_SHARE": float,
        "WHOLE": int,
        "PART": float,
        "TIME": timedelta,
        "EITHER": int,
        "FREE": timedelta,
    }


def test_values_lie_as_near_to_a_bound_as_can_be() -> None:
    own = [side for side in sides(ExampleSettings) if "TRACE" not in side.variable]
    assert {(str(side).removeprefix("EXAMPLE_"), side.taken) for side in own} == {
        ("WHOLE=2", True),
        ("WHOLE=1", False),
        ("WHOLE=3", True),
        ("WHOLE=4", False),
        ("PART=0.0", True),
        ("PART=-5e-324", False),
        ("PART=0.9999999999999999", True),
        ("PART=1.0", False),
        ("TIME=0.000001", True),
        ("TIME=0", False),
        ("TIME=2", True),
        ("TIME=2.000001", False),
        ("EITHER=3", True),
        ("EITHER=4", False),
    }
