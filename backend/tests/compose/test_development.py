"""The development overlay: the UI by Vite, sources mounted, the API reloaded."""

import socket
import urllib.request

import pytest

from tests.compose.browser import browse
from tests.compose.stack import DEVELOPMENT, Stack


@pytest.fixture(autouse=True)
def _up(stack: Stack) -> None:
    stack.up(DEVELOPMENT)


def served(stack: Stack, path: str) -> str:
    """What the port of the UI answers."""
    with urllib.request.urlopen(f"{stack.base_url}{path}", timeout=30) as answer:
        return str(answer.read().decode())


def test_the_ui_comes_from_vite_and_works_in_a_browser(stack: Stack) -> None:
    assert "/@vite/client" in served(stack, "/")
    browse(stack.base_url)


def test_a_changed_source_of_the_ui_is_served(stack: Stack) -> None:
    source = stack.tree / "frontend/src/main.tsx"
    assert "changed-by-test" not in served(stack, "/src/main.tsx")
    source.write_text(f'{source.read_text()}\nconsole.debug("changed-by-test");\n')
    stack.wait_until(
        "Vite serves the change", lambda: "changed-by-test" in served(stack, "/src/main.tsx")
    )


def test_a_changed_source_of_the_api_is_in_force(stack: Stack) -> None:
    source = stack.tree / "backend/docuvault/api/app.py"
    sentence = "A self-hosted document vault."
    with stack.vault() as vault:
        assert vault.get("/api/openapi.json")["info"]["description"] == sentence
        source.write_text(source.read_text().replace(sentence, "A vault that was changed."))

        def changed() -> bool:
            # Between the two there is a moment without an API.
            answer = vault.http.get("/api/openapi.json")
            return answer.status_code == 200 and "was changed" in answer.text

        stack.wait_until("the API tells the change", changed)


@pytest.mark.parametrize("port", ["POSTGRES_PORT", "MINIO_PORT", "REDIS_PORT", "QDRANT_PORT"])
def test_the_servers_can_be_reached_from_this_machine(stack: Stack, port: str) -> None:
    with socket.create_connection(("127.0.0.1", int(stack.env[port])), timeout=10):
        pass
