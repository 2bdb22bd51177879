"""The status of a document, and the order of its stages."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docuvault.domain.documents import (
    STAGE_ORDER,
    TERMINAL_STATES,
    DocumentStatus,
    Stage,
    StageState,
    derive_status,
    next_stage,
)

PENDING, RUNNING, DONE = StageState.PENDING, StageState.RUNNING, StageState.DONE
SKIPPED, FAILED = StageState.SKIPPED, StageState.FAILED
states = st.fixed_dictionaries({stage: st.sampled_from(StageState) for stage in Stage})


def test_every_stage_stands_in_the_order_once() -> None:
    assert sorted(STAGE_ORDER) == sorted(Stage)
    assert [next_stage(stage) for stage in STAGE_ORDER] == [*STAGE_ORDER[1:], None]


@pytest.mark.parametrize(
    ("extract", "classify", "embed", "status"),
    [
        (PENDING, PENDING, PENDING, DocumentStatus.PENDING),
        (RUNNING, PENDING, PENDING, DocumentStatus.PROCESSING),
        (DONE, PENDING, PENDING, DocumentStatus.PROCESSING),
        (DONE, FAILED, PENDING, DocumentStatus.PROCESSING),
        (DONE, DONE, DONE, DocumentStatus.READY),
        (DONE, SKIPPED, DONE, DocumentStatus.READY),
        (DONE, FAILED, DONE, DocumentStatus.READY),
        (FAILED, SKIPPED, SKIPPED, DocumentStatus.FAILED),
        (FAILED, PENDING, PENDING, DocumentStatus.FAILED),
        (DONE, DONE, FAILED, DocumentStatus.FAILED),
        (PENDING, SKIPPED, PENDING, DocumentStatus.PROCESSING),
    ],
)
def test_the_status_people_see(
    extract: StageState, classify: StageState, embed: StageState, status: DocumentStatus
) -> None:
    given_states = {Stage.EXTRACT: extract, Stage.CLASSIFY: classify, Stage.EMBED: embed}

    assert derive_status(given_states) is status


def test_the_status_means_what_it_says_in_every_combination() -> None:
    for combination in product(StageState, repeat=3):
        found = dict(zip(STAGE_ORDER, combination, strict=True))
        status = derive_status(found)
        lost = FAILED in (found[Stage.EXTRACT], found[Stage.EMBED])
        ended = TERMINAL_STATES.issuperset(combination)
        assert (status is DocumentStatus.FAILED) == lost
        assert (status is DocumentStatus.READY) == (ended and not lost)
        assert (status is DocumentStatus.PENDING) == (set(combination) == {PENDING})


@settings(deadline=None)
@given(states)
def test_a_failed_classification_is_no_worse_than_a_skipped_one(
    found: dict[Stage, StageState],
) -> None:
    failed = derive_status({**found, Stage.CLASSIFY: FAILED})

    assert failed is derive_status({**found, Stage.CLASSIFY: SKIPPED})


@settings(deadline=None)
@given(states, st.sampled_from(Stage))
def test_ending_a_stage_never_takes_a_document_back(
    found: dict[Stage, StageState], stage: Stage
) -> None:
    order = [DocumentStatus.PENDING, DocumentStatus.PROCESSING, DocumentStatus.READY]
    before = derive_status({**found, stage: RUNNING})
    after = derive_status({**found, stage: DONE})

    if DocumentStatus.FAILED in (before, after):
        assert before is after
    else:
        assert order.index(after) >= order.index(before)
