"""Which files people upload in a round, when and how fast, drawn from the seed."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.loops.files import Sample, draw

_LATEST = 0.6
_SLOWEST = 0.03


@dataclass(frozen=True, slots=True)
class PlannedUpload:
    """A file, when its client begins, and how long it waits between two pieces, in seconds."""

    sample: Sample
    begins: float
    pause: float


def draw_uploads(
    rng: random.Random, label: str, known: Sequence[Sample]
) -> tuple[PlannedUpload, ...]:
    """Four to eight, the first one large; now and then known bytes or the same bytes twice."""
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
    return tuple(uploads)


def small_ones(uploads: Iterable[PlannedUpload]) -> list[Sample]:
    """Those that may be sent again in later rounds."""
    return [upload.sample for upload in uploads if len(upload.sample.content) < 100_000]
