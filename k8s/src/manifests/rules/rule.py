"""What a rule is."""

from collections.abc import Callable, Iterator, Sequence

from manifests.objects import Object

Problems = Iterator[str]
Rule = Callable[[Sequence[Object]], Problems]
