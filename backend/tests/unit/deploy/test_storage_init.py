"""The set-up job of object storage, against a plain S3 server and against MinIO's administration.

No MinIO server comes as a wheel, so its administration is played here: the requests are checked for
what they ask, decrypted with the root secret as the server would.
"""

import io
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest
import urllib3
from minio.crypto import decrypt

from tests.servers.s3 import S3Server
from tests.unit.deploy.compose_files import ROOT

SCRIPT = ROOT / "docker/backend/storage-init"
ROOT_KEY = ("docuvault_root", "root-secret-0123456789")
APP_KEY = ("docuvault_app", "app-secret-0123456789")
BUCKET = "made-by-the-job"


def storage_init(
    endpoint: str, folder: Path, application: tuple[str, str] = APP_KEY, **more: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        env={
            "PYTHONPATH": str(ROOT / "backend"),
            "DOCUVAULT_DATA_DIR": str(folder),
            "DOCUVAULT_ENV": "production",
            "DOCUVAULT_SECRET_KEY": "0123456789abcdef" * 4,
            "DOCUVAULT_STORAGE__DRIVER": "minio",
            "MINIO_ENDPOINT": endpoint,
            "MINIO_BUCKET": BUCKET,
            "MINIO_ACCESS_KEY": application[0],
            "MINIO_SECRET_KEY": application[1],
            "MINIO_ROOT_USER": ROOT_KEY[0],
            "MINIO_ROOT_PASSWORD": ROOT_KEY[1],
            **more,
        },
    )


class MinioServer(ThreadingHTTPServer):
    """Knows one bucket and remembers what it was asked to administer."""

    def __init__(self, app_sees_bucket: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.endpoint = f"127.0.0.1:{self.server_port}"
        self.app_sees_bucket = app_sees_bucket
        self.buckets: set[str] = set()
        self.administered: list[tuple[str, dict[str, list[str]], Any]] = []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def minio(self) -> MinioServer:
        return cast(MinioServer, self.server)

    def do_HEAD(self) -> None:
        if f"Credential={APP_KEY[0]}/" in self.headers["Authorization"]:
            self._answer(200 if self.minio.app_sees_bucket else 403)
        else:
            self._answer(200 if self.path.strip("/") in self.minio.buckets else 404)

    def do_GET(self) -> None:
        self._answer(200, b'{"mode": "online"}')

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = urlsplit(self.path)
        if asked.path.startswith("/minio/admin/v3/"):
            assert f"Credential={ROOT_KEY[0]}/" in self.headers["Authorization"]
            command = asked.path.rpartition("/")[2]
            if command == "add-user":
                sealed = urllib3.HTTPResponse(io.BytesIO(body), preload_content=False)
                body = decrypt(sealed, ROOT_KEY[1])
            decoded = json.loads(body) if body else None
            self.minio.administered.append((command, parse_qs(asked.query), decoded))
        else:
            self.minio.buckets.add(asked.path.strip("/"))
        self._answer(200)

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@contextmanager
def minio_server(*, app_sees_bucket: bool = True) -> Iterator[MinioServer]:
    with MinioServer(app_sees_bucket) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.services
def test_a_s3_server_gets_its_bucket_and_is_told_of_no_user(s3: S3Server, tmp_path: Path) -> None:
    first = storage_init(s3.endpoint, tmp_path)
    assert first.returncode == 0, first.stderr
    assert first.stdout.splitlines() == [
        f"The bucket {BUCKET} was made.",
        "The server has no MinIO administration: its own users are left as they are.",
        "Object storage is ready.",
    ]
    again = storage_init(s3.endpoint, tmp_path)
    assert again.returncode == 0, again.stderr
    assert again.stdout.splitlines() == first.stdout.splitlines()[1:]


@pytest.mark.services
def test_the_root_key_as_application_key_is_pointed_out(s3: S3Server, tmp_path: Path) -> None:
    result = storage_init(s3.endpoint, tmp_path, application=ROOT_KEY)
    assert result.returncode == 0, result.stderr
    assert "root key" in result.stdout


def test_minio_gets_a_user_that_may_use_its_bucket_and_nothing_else(tmp_path: Path) -> None:
    with minio_server() as server:
        result = storage_init(server.endpoint, tmp_path)
    assert result.returncode == 0, result.stderr
    assert server.buckets == {BUCKET}
    (add_policy, policy_named, policy), add_user, set_policy = server.administered
    assert (add_policy, policy_named) == ("add-canned-policy", {"name": ["docuvault-app"]})
    for statement in policy["Statement"]:
        assert statement["Effect"] == "Allow"
        assert all("*" not in action for action in statement["Action"])
        assert all(one.startswith(f"arn:aws:s3:::{BUCKET}") for one in statement["Resource"])
    assert add_user == (
        "add-user",
        {"accessKey": [APP_KEY[0]]},
        {"status": "enabled", "secretKey": APP_KEY[1]},
    )
    assert set_policy == (
        "set-user-or-group-policy",
        {"userOrGroup": [APP_KEY[0]], "isGroup": ["false"], "policyName": ["docuvault-app"]},
        None,
    )
    secrets = (ROOT_KEY[1], APP_KEY[1])
    assert not any(secret in result.stdout + result.stderr for secret in secrets)


def test_it_fails_when_the_application_cannot_see_the_bucket(tmp_path: Path) -> None:
    with minio_server(app_sees_bucket=False) as server:
        result = storage_init(server.endpoint, tmp_path)
    assert result.returncode == 1
    assert "AccessDenied" in result.stderr
    assert "Traceback" not in result.stderr
    assert APP_KEY[1] not in result.stderr


def test_it_fails_when_there_is_no_server(tmp_path: Path) -> None:
    result = storage_init("127.0.0.1:1", tmp_path, DOCUVAULT_STORAGE__CONNECT_TIMEOUT="0.2")
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert "Object storage cannot be set up" in result.stderr
