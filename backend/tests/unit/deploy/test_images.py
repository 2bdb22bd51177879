"""The Dockerfiles and what nginx is told."""

import re

import pytest

from docuvault.api import middleware
from docuvault.api.errors import MEDIA_TYPE
from docuvault.api.schemas.problems import Problem
from docuvault.domain.errors import SENTENCES, ErrorCode
from tests.unit.deploy.compose_files import COMPOSE, ROOT

DOCKERFILES = {
    name: (ROOT / "docker" / f"{name}.Dockerfile").read_text() for name in ("backend", "frontend")
}
NGINX = (ROOT / "docker/nginx/nginx.conf").read_text()
HEADERS = (ROOT / "docker/nginx/security_headers.conf").read_text()
PROXY = (ROOT / "docker/nginx/proxy.conf").read_text()


@pytest.mark.parametrize("name", sorted(DOCKERFILES))
def test_base_images_are_pinned_replaceable_and_the_same_in_compose(name: str) -> None:
    text = DOCKERFILES[name]
    bases = dict(re.findall(r"^ARG (\w+_IMAGE)=(\S+)$", text, re.MULTILINE))
    stages = set(re.findall(r" AS (\w+)$", text, re.MULTILINE))
    for source in re.findall(r"^FROM (\S+)", text, re.MULTILINE):
        assert source in stages or source.strip("${}") in bases
    for variable, image in bases.items():
        assert re.search(r":\d", image)
        assert f"{variable}: ${{{variable}:-{image}}}" in COMPOSE.read_text()


@pytest.mark.parametrize(("name", "user"), [("backend", "10001:10001"), ("frontend", "nginx")])
def test_images_run_without_root(name: str, user: str) -> None:
    final = DOCKERFILES[name].rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (\S+)$", final, re.MULTILINE) == [user]


def test_everything_installed_is_locked_by_hash() -> None:
    installs = re.findall(r"pip install.*?-r \S+", DOCKERFILES["backend"], re.DOTALL)
    assert len(installs) == 2
    assert all("--require-hashes" in line and "--no-deps" in line for line in installs)
    assert "npm ci" in DOCKERFILES["frontend"]
    assert "npm install" not in DOCKERFILES["frontend"]


def test_the_build_sees_only_what_it_needs() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert not any(".env" in rule or "data" in rule or ".git" in rule for rule in rules)
    for name, text in DOCKERFILES.items():
        copied = re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
        for source in " ".join(copied).split():
            shown = source.rstrip("/")
            assert any(
                shown == (allowed := rule.removeprefix("!").removesuffix("/*.txt"))
                or shown.startswith(f"{allowed}/")
                for rule in rules
                if rule.startswith("!")
            ), (name, source)


def test_nginx_sets_the_same_headers_as_the_api() -> None:
    headers = dict(re.findall(r'^add_header (\S+) "(.*)" always;$', HEADERS, re.MULTILINE))
    assert headers == {
        **middleware._HEADERS,
        "Content-Security-Policy": middleware._CONTENT_SECURITY,
    }


def test_every_answer_that_nginx_makes_itself_has_them() -> None:
    locations = re.findall(r"location ([^{]+?) \{(.*?)\n        \}", NGINX, re.DOTALL)
    assert len(locations) == 6
    for address, body in locations:
        proxied = "include proxy.conf;" in body
        assert proxied != ("include security_headers.conf;" in body), address
        assert proxied == address.lstrip("= ").startswith(("/api/", "/health"))


def test_nginx_streams_in_both_directions() -> None:
    for directive in (
        "client_max_body_size 0;",
        "proxy_request_buffering off;",
        "proxy_buffering off;",
        "gzip off;",
        "proxy_http_version 1.1;",
    ):
        assert directive in PROXY
    assert "listen 5173;" in NGINX


def test_an_absent_backend_is_told_as_the_api_tells_problems() -> None:
    assert "error_page 502 504 = @backend_away;" in PROXY
    match = re.search(r"default_type (\S+);\s+return (\d+) '(\{.*\})';", NGINX)
    assert match is not None
    assert match[1] == MEDIA_TYPE
    problem = Problem.model_validate_json(match[3])
    assert str(problem.status) == match[2]
    assert problem.code == ErrorCode.SERVICE_UNAVAILABLE.value
    assert problem.detail == SENTENCES[ErrorCode.SERVICE_UNAVAILABLE]
