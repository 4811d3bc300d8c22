"""What is wrong with the supply chain, in lines for a person."""

from collections.abc import Sequence

from infra.errors import InfraError


class SupplyError(InfraError):
    """Each line is one problem."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(*problems)


class UnansweredError(InfraError):
    """A service of advisories could not be asked: nothing is known about what it knows."""

    def __init__(self, service: str, why: str) -> None:
        super().__init__(f"{service} could not be asked, so NOTHING WAS AUDITED there: {why}")
