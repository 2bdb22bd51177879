"""One stack for all tests; its logs stand in the report of a test that fails."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.compose.lab import LOGS, Lab
from tests.compose.stack import Stack

# Only `python -m tests.compose` sets it, when an engine runs.
collect_ignore_glob = [] if "COMPOSE_LAB" in os.environ else ["test_*.py"]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack with its images made, not started; taken away at the end, data too."""
    stack = Stack(tmp_path_factory.mktemp("stack"))
    lab = Lab(Path(os.environ["COMPOSE_LAB"]), stack.tree)
    stack.configure(lab.images)
    try:
        lab.prepare()
        yield stack
    finally:
        try:
            parts = [f"== {service}\n{text}" for service, text in stack.logs(2000).items()]
            (LOGS / "services.log").write_text("\n".join(parts))
        finally:
            stack.remove()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add what the services said last to the report of a failed test."""
    report = yield
    stack = getattr(item, "funcargs", {}).get("stack")
    if report.failed and stack is not None:
        for service, text in stack.logs(40).items():
            report.sections.append((f"last lines of {service}", text))
    return report
