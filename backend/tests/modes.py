"""What tests of the modes share: a provider that files by subject, and a story of its failures."""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import Any

from tests.recovery import wait_until
from tests.servers.ai_provider import KEY, MODEL, AIProviderServer
from tests.vault import Vault

# Seconds in place of minutes, so that tests see the modes come and go.
QUICK_MODES: Mapping[str, str] = {
    "DOCUVAULT_AI__PROVIDER": "openai",
    "DOCUVAULT_AI__MODEL": MODEL,
    "DOCUVAULT_AI__OPENAI_API_KEY": KEY,
    "DOCUVAULT_AI__TIMEOUT": "1",
    "DOCUVAULT_FALLBACK__DECIDE_SECONDS": "0.3",
    "DOCUVAULT_FALLBACK__RECOVER_SECONDS": "1",
    "DOCUVAULT_FALLBACK__CIRCUIT_FAILURES": "2",
    "DOCUVAULT_FALLBACK__CIRCUIT_SECONDS": "1",
    "DOCUVAULT_FALLBACK__CIRCUIT_LONGEST_SECONDS": "2",
    "DOCUVAULT_FALLBACK__COMPLETION_ATTEMPTS": "50",
    "DOCUVAULT_FALLBACK__HEURISTIC_WHEN": 'ai_circuit != "closed"',
    "DOCUVAULT_FALLBACK__SAFE_WHEN": "failed_components >= 2",
}
# A subject as it stands in a document, and the topic that a provider files it under.
SUBJECTS = {"Wool": "about knitting and sheep", "Ships": "about harbours and cargo"}
CONFIDENCE = 0.83


def file_by_subject(prompt: str) -> str:
    """The answer follows from the document alone: the topic that it names as its subject."""
    topics = json.loads(prompt.split("Topics:\n", 1)[1].split("\n", 1)[0])
    subjects = set(re.findall(r"The subject is (\w+)\.", prompt))
    return json.dumps(
        {
            "topics": [
                {
                    "topic": topic["id"],
                    "confidence": CONFIDENCE,
                    "reason": f"It says that its subject is {topic['name']}.",
                }
                for topic in topics
                if topic["name"] in subjects
            ]
        }
    )


class Watched:
    """A further service that the vault watches, which answers well until told otherwise."""

    def __init__(self) -> None:
        self.is_well = True
        watched = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200 if watched.is_well else 503)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )

    @contextmanager
    def running(self) -> Iterator["Watched"]:
        self._thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()


@dataclass
class Story:
    """What is uploaded while modes come and go, and what must have become of it in the end."""

    vault: Vault
    provider: AIProviderServer
    topics: dict[str, str] = field(default_factory=dict)
    subjects: dict[str, str] = field(default_factory=dict)
    corrected: dict[str, str] = field(default_factory=dict)

    def begin(self) -> None:
        """A provider in good health, and topics to choose from."""
        self.provider.reset()
        self.provider.reply = file_by_subject
        for name, description in SUBJECTS.items():
            self.topics[name] = self.vault.topic(name, description)["id"]

    def status(self) -> dict[str, Any]:
        """The status page."""
        found: dict[str, Any] = self.vault.get("/api/status")
        return found

    def wait_for(self, mode: str, timeout: float = 60) -> None:
        """Wait until this mode is in force."""
        wait_until(lambda: self.status()["mode"] == mode, timeout)

    def keep(self, word: str, subject: str = "Wool") -> dict[str, Any]:
        """Upload a document and wait until it is ready; a word of its own finds it."""
        text = f"{word} is the name of this letter. The subject is {subject}. Kind regards."
        document = self.vault.keep(f"{word}.txt", text.encode())
        assert document["status"] == "ready", document
        self.subjects[document["id"]] = subject
        assert document["id"] in self.found(f'"{word}"'), "its words find it at once"
        return document

    def found(self, query: str) -> set[str]:
        """Documents that a search finds."""
        return {hit["document"]["id"] for hit in self.vault.search(query)["hits"]}

    def correct(self, document_id: str, topic: str) -> None:
        """A person says what the document is about, whatever anybody else says."""
        response = self.vault.http.patch(
            f"/api/documents/{document_id}", json={"topic_ids": [self.topics[topic]]}
        )
        assert response.status_code == 200, response.text
        self.corrected[document_id] = topic

    def modes(self, document_id: str) -> dict[str, str]:
        """The mode in which each stage of a document was done."""
        document = self.vault.wait(document_id)
        return {stage["stage"]: stage["mode"] for stage in document["stages"]}

    def expect_everything(self, timeout: float = 90) -> None:
        """Every document ends with what the provider says of it, and what people said stays."""
        wait_until(lambda: all(map(self._is_complete, self.subjects)), timeout)
        for document_id, subject in self.subjects.items():
            document = self.vault.wait(document_id)
            assert [stage["state"] for stage in document["stages"]] == ["done"] * 3, document
            assert document["status"] == "ready"
            said = {
                topic["name"]: (topic["source"], topic["confidence"], topic["evidence"])
                for topic in document["topics"]
            }
            if document_id in self.corrected:
                assert said[self.corrected[document_id]][0] == "user", document
            else:
                reason = f"It says that its subject is {subject}."
                assert said == {subject: ("ai", CONFIDENCE, reason)}, document

    def _is_complete(self, document_id: str) -> bool:
        document = self.vault.get(f"/api/documents/{document_id}")
        ended = all(stage["state"] not in {"pending", "running"} for stage in document["stages"])
        return bool(ended and document["mode"] == "primary")


def expect_chain(transitions: list[dict[str, str]]) -> list[str]:
    """The modes in their order; each change must begin where the one before it ended."""
    oldest_first = transitions[::-1]
    for before, after in pairwise(oldest_first):
        assert before["to"] == after["from"], transitions
        assert before["at"] <= after["at"]
    return [oldest_first[0]["from"], *(change["to"] for change in oldest_first)]


def let_the_facts_decide(vault: Vault) -> None:
    """Take a person's choice of the mode back, and wait until whoever works has heard of it."""
    assert vault.http.delete("/api/status/mode").status_code == 200
    letters = iter(range(1000))

    def is_heard_of() -> bool:
        stages = vault.keep("after.txt", f"Letter {next(letters)} after it.".encode())["stages"]
        return all(stage["mode"] == "primary" for stage in stages)

    wait_until(is_heard_of)


@contextmanager
def running_story(base_url: str, provider: AIProviderServer) -> Iterator[Story]:
    """The story on an empty vault, with all well."""
    with Vault(base_url) as vault:
        vault.empty()
        story = Story(vault, provider)
        story.begin()
        story.wait_for("primary")
        yield story
