"""Amounts as people say them."""

_UNITS = ((86400, "days"), (3600, "hours"), (60, "minutes"))


def duration(seconds: float) -> str:
    """A length of time in its largest fitting unit, such as `20 minutes`."""
    for length, unit in _UNITS:
        if seconds >= 2 * length:
            return f"{seconds // length:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def steps_waiting(count: int) -> str:
    """How many steps of documents wait."""
    return "1 step waits" if count == 1 else f"{count} steps wait"


def size(count: int) -> str:
    """A number of bytes in MB or GB (powers of ten)."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
