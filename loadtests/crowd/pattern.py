"""Which sensors a filter of the stream asks for (NATS-like patterns on ``/`` tokens)."""


def matches(pattern: str, name: str) -> bool:
    """Whether a sensor's name is one that ``pattern`` means."""
    wanted, parts = pattern.split("/"), name.split("/")
    for index, part in enumerate(wanted):
        if part == ">":
            return len(parts) > index
        if index >= len(parts) or part not in ("*", parts[index]):
            return False
    return len(wanted) == len(parts)
