"""No request, however odd, meets a server error or an answer outside the description."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.modes import let_the_facts_decide
from tests.vault import Vault

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def checks_of(path: str) -> list[Any]:
    """Pages about a part answer 503 where the vault has no such part; that is described, too."""
    return CHECKS[1:] if path.startswith("/api/debug/") else CHECKS


@pytest.fixture(autouse=True)
def choices_taken_back(vault: Vault) -> Iterator[None]:
    """What is tried may choose a mode or a provider, which the next test would meet."""
    yield
    assert vault.http.delete("/api/ai/settings").status_code == 200
    let_the_facts_decide(vault)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_answer_is_described(vault: Vault, mode: GenerationMode) -> None:
    # The endless stream is tested elsewhere.
    schema = schemathesis.openapi.from_url(f"{vault.http.base_url}/api/openapi.json")
    found = schema.exclude(path="/api/events").get_all_operations()
    operations = [operation.ok() for operation in found if isinstance(operation, Ok)]
    assert len(operations) > 15

    checked = 0
    for operation in operations:

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=8,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        def check(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(checks=checks_of(case.path))

        try:
            check()
        except Unsatisfiable:
            # An operation without parameters cannot be called wrongly.
            assert mode is GenerationMode.NEGATIVE
            continue
        checked += 1
    assert checked >= 10
