"""Modes of enrichment, from all there is to the least that keeps documents safe."""

from enum import StrEnum


class Mode(StrEnum):
    """Which plan the pipeline follows."""

    PRIMARY = "primary"
    HEURISTIC = "heuristic"
    SAFE = "safe"


MODE_ORDER: tuple[Mode, ...] = (Mode.PRIMARY, Mode.HEURISTIC, Mode.SAFE)


def below(mode: Mode) -> tuple[Mode, ...]:
    """The modes that do less than this one."""
    return MODE_ORDER[MODE_ORDER.index(mode) + 1 :]
