"""Reciprocal rank fusion: one ranking out of several whose scores cannot be compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from docuvault.domain.search import Leg


@dataclass(frozen=True, slots=True)
class FusedHit:
    """An id, its score, and its place (from 1) in every leg that found it."""

    id: UUID
    score: float
    ranks: Mapping[Leg, int]


def fuse(
    legs: Mapping[Leg, Sequence[UUID]], *, k: int, weights: Mapping[Leg, float] | None = None
) -> list[FusedHit]:
    """All ids of all legs, best first.

    Each leg gives `weight / (k + rank)`; legs without a weight count once, an id that a leg names
    twice counts at its better place. Equal scores are settled by the best rank, then by id.
    """
    ranks: dict[UUID, dict[Leg, int]] = {}
    scores: dict[UUID, float] = {}
    for leg, ids in legs.items():
        weight = 1.0 if weights is None else weights.get(leg, 1.0)
        for rank, found in enumerate(dict.fromkeys(ids), 1):
            ranks.setdefault(found, {})[leg] = rank
            scores[found] = scores.get(found, 0.0) + weight / (k + rank)
    hits = [FusedHit(found, scores[found], ranks[found]) for found in ranks]
    return sorted(hits, key=lambda hit: (-hit.score, min(hit.ranks.values()), hit.id))
