"""Modes of enrichment, from all there is to the least that keeps documents safe."""

from enum import StrEnum


class Mode(StrEnum):
    """Which plan the pipeline follows."""

    PRIMARY = "primary"
    HEURISTIC = "heuristic"
    SAFE = "safe"
