"""What tests of recovery share: documents worth losing, process trees, uploads that break off."""

import hashlib
import json
import os
import re
import signal
import socket
import time
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.assembly import Assembly
from tests.vault import Vault


def texts(label: str, count: int, lines: int = 30) -> dict[str, bytes]:
    """So many different files of a few kB, by name."""
    return {
        f"{label}-{number}.txt": "\n".join(
            f"{label} {number}: line {line} of a report about wool and weather."
            for line in range(lines)
        ).encode()
        for number in range(count)
    }


def upload(vault: Vault, files: Mapping[str, bytes]) -> list[str]:
    """Upload all; every one must be accepted as new."""
    ids = []
    for name, content in files.items():
        response = vault.upload(name, content)
        assert response.status_code == 201, response.text
        ids.append(response.json()["document"]["id"])
    return ids


def expect_whole(vault: Vault, files: Mapping[str, bytes], timeout: float = 60) -> None:
    """All files become ready, each once, byte for byte, and are found by their words."""
    for item in vault.get("/api/documents", per_page=200)["items"]:
        document = vault.wait(item["id"], timeout)
        assert document["status"] == "ready", document
    listed = vault.get("/api/documents", per_page=200)
    assert listed["total"] == len(files)
    for item in listed["items"]:
        content = files[item["original_name"]]
        assert item["sha256"] == hashlib.sha256(content).hexdigest()
        assert vault.http.get(f"/api/documents/{item['id']}/file").content == content
        pages = vault.get(f"/api/documents/{item['id']}/text")["pages"]
        assert " ".join(page["text"] for page in pages).split() == content.decode().split()
    assert len({item["original_name"] for item in listed["items"]}) == len(files)


def wait_until(is_so: Callable[[], Any], timeout: float = 30) -> None:
    """Wait for something that is about to happen."""
    deadline = time.monotonic() + timeout
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def children_of(pid: int) -> list[int]:
    """Processes that this one has started."""
    found: list[int] = []
    for listing in Path(f"/proc/{pid}/task").glob("*/children"):
        found += map(int, listing.read_text().split())
    return found


def command_of(pid: int) -> bytes:
    """The command line of a process; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def kill_at(pids: Iterable[int], is_the_moment: Callable[[], Any], timeout: float = 30) -> None:
    """End processes as a crash would, in a moment of which nothing can slip away meanwhile."""
    victims = [*pids]

    def caught() -> bool:
        for pid in victims:
            os.kill(pid, signal.SIGSTOP)
        # What they have sent off already arrives now, and not after the look.
        time.sleep(0.05)
        if is_the_moment():
            return True
        for pid in victims:
            os.kill(pid, signal.SIGCONT)
        time.sleep(0.02)
        return False

    wait_until(caught, timeout)
    for pid in victims:
        os.kill(pid, signal.SIGKILL)


def start_again(assembly: Assembly, name: str, sign: str) -> None:
    """Start a process anew; it is there when it writes the sign into its log once more."""
    process = assembly.processes[name]
    process.stop()
    before = assembly.log(name).count(sign)
    process.start()
    wait_until(lambda: assembly.log(name).count(sign) > before, timeout=60)


def points(assembly: Assembly) -> int:
    """How many chunks the vector server holds in all."""
    assert assembly.services is not None
    server = assembly.services.qdrant

    def ask(path: str, body: bytes | None = None) -> Any:
        request = urllib.request.Request(
            f"{server.url}{path}",
            data=body,
            headers={
                "api-key": assembly.environment["QDRANT_API_KEY"],
                "content-type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())["result"]

    names = [found["name"] for found in ask("/collections")["collections"]]
    assert names
    return sum(ask(f"/collections/{name}/points/count", b"{}")["count"] for name in names)


class BrokenUpload:
    """An upload that has sent a part of its body and keeps the connection open."""

    def __init__(
        self, base_url: str, name: str, content: bytes, share: float = 0.9, headers: str = ""
    ) -> None:
        host, _, port = base_url.removeprefix("http://").partition(":")
        head = (
            f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        ).encode()
        self._rest = content[int(len(content) * share) :] + b"\r\n--x--\r\n"
        length = len(head) + len(content) + len(b"\r\n--x--\r\n")
        self._connection = socket.create_connection((host, int(port)))
        self._connection.sendall(
            (
                "POST /api/documents/upload HTTP/1.1\r\n"
                f"Host: {host}:{port}\r\n{headers}"
                "Content-Type: multipart/form-data; boundary=x\r\n"
                f"Content-Length: {length}\r\n\r\n"
            ).encode()
            + head
            + content[: int(len(content) * share)]
        )

    def finish(self) -> None:
        """Send the rest after all."""
        self._connection.sendall(self._rest)

    def answer(self, timeout: float = 30) -> bytes:
        """The next answer as a whole, also an interim one such as 100."""
        self._connection.settimeout(timeout)
        answer = b""
        while not _is_whole(answer):
            part = self._connection.recv(64 * 1024)
            if not part:
                break
            answer += part
        return answer

    def close(self) -> None:
        """Leave."""
        self._connection.close()


def _is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    if head.startswith(b"HTTP/1.1 1"):
        return bool(end)
    length = re.search(rb"(?im)^content-length: *(\d+)", head)
    return bool(end) and length is not None and len(body) >= int(length[1])
