"""A small client of the product's API for tests."""

import time
from types import TracebackType
from typing import Any, Self

import httpx2

TERMINAL = frozenset({"ready", "failed"})


class Vault:
    """Speaks HTTP as any client would."""

    def __init__(self, base_url: str) -> None:
        self.http = httpx2.Client(base_url=base_url, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()

    def get(self, path: str, **params: Any) -> Any:
        """The body of a successful GET."""
        response = self.http.get(path, params=params)
        assert response.status_code == 200, response.text
        return response.json()

    def upload(
        self, name: str, content: bytes, *, auto_classify: bool | None = None
    ) -> httpx2.Response:
        """Upload one file; the answer as it is."""
        data = {} if auto_classify is None else {"auto_classify": str(auto_classify).lower()}
        return self.http.post(
            "/api/documents/upload",
            files={"file": (name, content, "application/octet-stream")},
            data=data,
        )

    def keep(self, name: str, content: bytes, **more: Any) -> dict[str, Any]:
        """Upload one file that must be accepted as new, and wait until it is processed."""
        response = self.upload(name, content, **more)
        assert response.status_code == 201, response.text
        return self.wait(response.json()["document"]["id"])

    def wait(self, document_id: str, timeout: float = 60) -> dict[str, Any]:
        """The document once all its stages have ended."""
        deadline = time.monotonic() + timeout
        while True:
            document: dict[str, Any] = self.get(f"/api/documents/{document_id}")
            if document["status"] in TERMINAL and not any(
                stage["state"] in {"pending", "running"} for stage in document["stages"]
            ):
                return document
            assert time.monotonic() < deadline, document
            time.sleep(0.05)

    def search(self, q: str, **params: Any) -> dict[str, Any]:
        """Search results."""
        found: dict[str, Any] = self.get("/api/search", q=q, **params)
        return found

    def topic(self, name: str, description: str = "") -> dict[str, Any]:
        """A new topic."""
        response = self.http.post("/api/topics", json={"name": name, "description": description})
        assert response.status_code == 201, response.text
        created: dict[str, Any] = response.json()
        return created

    def rule(self, condition: str, name: str = "A rule", **actions: Any) -> dict[str, Any]:
        """A new rule."""
        body = {"name": name, "condition": condition, "actions": actions}
        response = self.http.post("/api/rules", json=body)
        assert response.status_code == 201, response.text
        created: dict[str, Any] = response.json()
        return created

    def empty(self) -> None:
        """Remove all documents, topics and rules."""
        for rule in self.get("/api/rules")["rules"]:
            self.http.delete(f"/api/rules/{rule['id']}")
        while items := self.get("/api/documents", per_page=200)["items"]:
            for document in items:
                self.http.delete(f"/api/documents/{document['id']}")
        for topic in self.get("/api/topics")["topics"]:
            self.http.delete(f"/api/topics/{topic['id']}")
