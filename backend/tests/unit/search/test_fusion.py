"""Reciprocal rank fusion."""

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docuvault.domain.search import Leg
from docuvault.search.fusion import FusedHit, fuse

A, B, C, D = (UUID(int=number) for number in range(1, 5))


def test_what_both_legs_find_comes_first() -> None:
    hits = fuse({Leg.MEANING: [A, B], Leg.WORDS: [C, B]}, k=60)
    assert hits == [
        FusedHit(B, 1 / 62 + 1 / 62, {Leg.MEANING: 2, Leg.WORDS: 2}),
        FusedHit(A, 1 / 61, {Leg.MEANING: 1}),
        FusedHit(C, 1 / 61, {Leg.WORDS: 1}),
    ]


def test_weights_move_a_leg() -> None:
    legs = {Leg.MEANING: [A], Leg.EXACT: [B]}
    assert [hit.id for hit in fuse(legs, k=60, weights={Leg.EXACT: 2.0})] == [B, A]
    assert [hit.id for hit in fuse(legs, k=60, weights={Leg.EXACT: 0.5})] == [A, B]


def test_equal_scores_are_settled_by_rank_and_then_by_id() -> None:
    assert [hit.id for hit in fuse({Leg.MEANING: [D], Leg.WORDS: [C]}, k=1)] == [C, D]
    weights = {Leg.MEANING: 2.0, Leg.WORDS: 3.0}
    tied = fuse({Leg.MEANING: [B], Leg.WORDS: [D, A]}, k=1, weights=weights)
    assert [(hit.id, hit.score) for hit in tied] == [(D, 1.5), (B, 1.0), (A, 1.0)]


def test_an_id_named_twice_counts_once_at_its_better_place() -> None:
    assert fuse({Leg.WORDS: [A, B, A, C]}, k=9) == [
        FusedHit(A, 0.1, {Leg.WORDS: 1}),
        FusedHit(B, 1 / 11, {Leg.WORDS: 2}),
        FusedHit(C, 1 / 12, {Leg.WORDS: 3}),
    ]


def test_nothing_in_nothing_out() -> None:
    assert fuse({}, k=60) == []
    assert fuse({Leg.MEANING: [], Leg.WORDS: []}, k=60) == []


LEGS = st.dictionaries(
    st.sampled_from(Leg), st.lists(st.integers(0, 30).map(lambda n: UUID(int=n)), max_size=20)
)


@settings(deadline=None)
@given(LEGS, st.integers(1, 100))
def test_every_id_once_best_first_whatever_the_order_of_the_legs(
    legs: dict[Leg, list[UUID]], k: int
) -> None:
    hits = fuse(legs, k=k)
    assert {hit.id for hit in hits} == {i for ids in legs.values() for i in ids}
    assert len({hit.id for hit in hits}) == len(hits)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    for hit in hits:
        assert hit.score == pytest.approx(sum(1 / (k + rank) for rank in hit.ranks.values()))
        assert set(hit.ranks) == {leg for leg, ids in legs.items() if hit.id in ids}
    turned = fuse(dict(reversed(legs.items())), k=k)
    assert {hit.id: hit.score for hit in turned} == pytest.approx(
        {hit.id: hit.score for hit in hits}
    )
