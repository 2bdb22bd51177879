"""The catalogue of failures: complete, stable, and fit for people's eyes."""

import pytest

from docuvault.domain import errors
from docuvault.domain.errors import (
    SENTENCES,
    ConfigurationError,
    DependencyUnavailable,
    DocuVaultError,
    ErrorCode,
    FieldError,
    InsufficientStorage,
    InvalidInput,
    NotFound,
)


@pytest.mark.parametrize("code", ErrorCode)
def test_every_code_has_a_sentence(code: ErrorCode) -> None:
    sentence = SENTENCES[code]

    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert code.value == code.name.lower()


def test_the_sentence_stands_in_for_a_missing_detail() -> None:
    assert InvalidInput(ErrorCode.EMPTY_FILE).detail == SENTENCES[ErrorCode.EMPTY_FILE]
    assert InvalidInput(ErrorCode.EMPTY_FILE, "Other.").detail == "Other."
    assert NotFound().code is ErrorCode.NOT_FOUND
    assert ConfigurationError("Wrong.").code is ErrorCode.CONFIGURATION


def test_field_errors_are_kept() -> None:
    fault = FieldError("query.page", "Must be 1 or more.")

    assert InvalidInput(ErrorCode.VALIDATION_FAILED, errors=[fault]).errors == (fault,)


def test_only_what_may_pass_by_itself_is_transient() -> None:
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, DocuVaultError)
    ]

    assert {kind for kind in kinds if kind.transient} == {
        DependencyUnavailable,
        InsufficientStorage,
    }
