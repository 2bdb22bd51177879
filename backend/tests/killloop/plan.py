"""What happens in a round, drawn from the seed before it begins."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.killloop.files import Sample, draw
from tests.killloop.victims import PARSER

_LATEST = 0.6
_SLOWEST = 0.03


@dataclass(frozen=True, slots=True)
class PlannedUpload:
    """A file, when its client begins, and how long it waits between two pieces, in seconds."""

    sample: Sample
    begins: float
    pause: float


@dataclass(frozen=True, slots=True)
class Plan:
    """The uploads, who dies, and when: a share of the time that a round usually takes."""

    uploads: tuple[PlannedUpload, ...]
    victim: str
    moment: float


def draw_plan(
    rng: random.Random, label: str, known: Sequence[Sample], victims: Mapping[str, int]
) -> Plan:
    """Four to eight uploads, one of them large; now and then known bytes or the same bytes twice.

    `victims` maps the names of those who may die to weights.
    """
    count = rng.randint(4, 8)
    uploads = [
        PlannedUpload(
            draw(rng, f"{label}-{number}", large=number == 0),
            rng.uniform(0, _LATEST),
            rng.uniform(0, _SLOWEST),
        )
        for number in range(count)
    ]
    if known and rng.random() < 0.3:
        uploads[-1] = PlannedUpload(rng.choice(known), rng.uniform(0, _LATEST), 0)
    if rng.random() < 0.3:
        uploads[-2] = uploads[rng.randrange(count - 2)]
    (victim,) = rng.choices([*victims], weights=[*victims.values()])
    moment = rng.random()
    return Plan(tuple(uploads), victim, moment / 3 if victim == PARSER else moment)
