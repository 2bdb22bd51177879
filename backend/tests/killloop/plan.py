"""What happens in a round, drawn from the seed before it begins."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.killloop.victims import PARSER
from tests.loops.files import Sample
from tests.loops.uploads import PlannedUpload, draw_uploads


@dataclass(frozen=True, slots=True)
class Plan:
    """The uploads, who dies, and when: a share of the time that a round usually takes."""

    uploads: tuple[PlannedUpload, ...]
    victim: str
    moment: float


def draw_plan(
    rng: random.Random, label: str, known: Sequence[Sample], victims: Mapping[str, int]
) -> Plan:
    """Uploads, and one victim: `victims` maps the names of those who may die to weights."""
    uploads = draw_uploads(rng, label, known)
    (victim,) = rng.choices([*victims], weights=[*victims.values()])
    moment = rng.random()
    return Plan(uploads, victim, moment / 3 if victim == PARSER else moment)
