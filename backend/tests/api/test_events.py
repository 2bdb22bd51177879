"""Live news: every change of a document is heard."""

import json
import threading
from collections.abc import Iterator
from queue import Empty, Queue

import pytest

from tests.vault import Vault


@pytest.fixture
def news(vault: Vault) -> Iterator[Queue[tuple[str, str]]]:
    """Kinds and ids as they arrive on the stream."""
    heard: Queue[tuple[str, str]] = Queue()
    with vault.http.stream("GET", "/api/events") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = response.iter_lines()
        assert next(lines) == "event: hello"

        def listen() -> None:
            try:
                for line in lines:
                    if line.startswith("data: "):
                        body = json.loads(line.removeprefix("data: "))
                        heard.put((body["kind"], body["id"]))
            except Exception:
                return

        threading.Thread(target=listen, daemon=True).start()
        yield heard


def test_the_life_of_a_document_is_heard(vault: Vault, news: Queue[tuple[str, str]]) -> None:
    document = vault.keep("news.txt", b"a document that makes news")
    topic = vault.topic("News")

    heard = set()
    try:
        while ("topic", topic["id"]) not in heard:
            heard.add(news.get(timeout=10))
    except Empty:
        pytest.fail(f"only heard {heard}")
    assert ("document", document["id"]) in heard
