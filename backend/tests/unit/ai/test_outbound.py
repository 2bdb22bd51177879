"""The guarded way out: names that change their minds, redirects, proxies, and names in TLS."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from docuvault.ai.addresses import AddressRefused, IPAddress, Origin, origin_of
from docuvault.ai.base import Classifier
from docuvault.ai.choice import ProviderChoice, ProviderName
from docuvault.ai.factory import ClassifierFactory, create_embedder
from docuvault.ai.guard import OutboundGuard, resolve
from docuvault.ai.local_classifier import LocalClassifier
from docuvault.ai.outbound import GuardedTransport
from docuvault.config.settings import AISettings, Settings
from docuvault.domain.errors import DependencyUnavailable, DocuVaultError, ErrorCode
from tests.servers.ai_provider import KEY, MODEL, AIProviderServer, Mood, ai_provider_server
from tests.unit.ai.making import BILL, BILLS, TOPICS, document

NAME = "models.example.org"
PUBLIC = "93.184.215.14"
ANSWER = '{"topics": [{"topic": "t1", "confidence": 0.9, "reason": "Due."}]}'


class FakeResolver:
    """Answers from a list, one entry per question; the last one is repeated."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[IPAddress]:
        self.asked.append(host)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if not answer:
            raise OSError("no such name")
        return [ip_address(address) for address in answer]


@pytest.fixture
def server() -> Iterator[AIProviderServer]:
    with ai_provider_server() as running:
        running.texts = [ANSWER]
        yield running


def named(server: AIProviderServer, path: str = "", host: str = NAME) -> str:
    return f"http://{host}:{urlsplit(server.url).port}{path}"


def stored(
    url: str,
    guard: OutboundGuard,
    provider: ProviderName = "openai",
    ai: AISettings | None = None,
) -> Classifier:
    """The classifier of a choice that a person has stored."""
    settings = ai or AISettings(timeout=5)
    local = LocalClassifier(create_embedder(Settings(ai=settings)), settings)
    choice = ProviderChoice(provider, MODEL, url, SecretStr(KEY), is_stored=True)
    return ClassifierFactory(settings, local, guard).create(choice)


# before an address is kept


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:11434",
        "http://LOCALHOST",
        "http://vault.localhost",
        "http://169.254.169.254/latest",
        "http://[::ffff:169.254.169.254]/",
        "http://[::1]:11434",
        "http://[64:ff9b::a9fe:a9fe]",
        "http://[2002:7f00:1::]",
        "https://10.0.0.1",
        "http://100.64.0.1",
        "http://0.0.0.0:8000",
        "http://224.0.0.1",
    ],
)
async def test_what_leads_inside_is_not_kept(url: str) -> None:
    with pytest.raises(AddressRefused):
        await OutboundGuard().check(url)


@pytest.mark.parametrize("addresses", [["10.1.1.1"], [PUBLIC, "127.0.0.1"], ["::1"]])
async def test_a_name_that_leads_inside_is_not_kept(addresses: list[str]) -> None:
    guard = OutboundGuard(resolver=FakeResolver(addresses))
    with pytest.raises(AddressRefused, match="internal network"):
        await guard.check(f"https://{NAME}")


async def test_a_public_name_is_kept_and_so_is_one_that_nobody_knows_now() -> None:
    for answer in ([PUBLIC, "2606:4700::1"], []):
        guard = OutboundGuard(resolver=FakeResolver(answer))
        assert await guard.check(f"https://{NAME}/v1") == Origin("https", NAME, 443)


async def test_hosts_that_the_environment_allows_may_be_inside() -> None:
    guard = OutboundGuard(["Lab.Internal", "10.0.0.7"], FakeResolver(["10.0.0.9"]))
    await guard.check("http://lab.internal:11434")
    await guard.check("http://10.0.0.7:1234")
    with pytest.raises(AddressRefused):
        await guard.check("http://10.0.0.8:1234")


async def test_the_systems_resolver_knows_this_machine() -> None:
    assert ip_address("127.0.0.1") in await resolve("localhost", 80)


# at the time of a call


@pytest.mark.parametrize("provider", ["openai", "ollama", "anthropic"])
async def test_a_name_that_changes_its_mind_is_not_followed_inside(
    provider: ProviderName, server: AIProviderServer
) -> None:
    resolver = FakeResolver([PUBLIC], ["127.0.0.1"])
    guard = OutboundGuard(resolver=resolver)
    await guard.check(named(server))
    classifier = stored(named(server), guard, provider)
    for call in (classifier.ping(), classifier.classify(document(BILL), TOPICS)):
        with pytest.raises(DependencyUnavailable, match="internal network") as caught:
            await call
        assert caught.value.code is ErrorCode.AI_UNAVAILABLE
    assert server.seen == server.pings == []
    assert len(resolver.asked) == 3
    await classifier.close()


async def test_a_name_that_is_gone_is_unavailable(server: AIProviderServer) -> None:
    classifier = stored(named(server), OutboundGuard(resolver=FakeResolver([])))
    with pytest.raises(DependencyUnavailable, match="cannot be resolved"):
        await classifier.ping()
    await classifier.close()


async def test_the_vetted_address_is_connected_to_under_the_hosts_name(
    server: AIProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    resolver = FakeResolver(["127.0.0.1"])
    classifier = stored(named(server, "/v1"), OutboundGuard([NAME], resolver))
    found = await classifier.classify(document(BILL), TOPICS)
    assert found.suggestions[0].topic_id == BILLS.id
    assert server.seen[0].headers["host"] == urlsplit(named(server)).netloc
    assert resolver.asked == [NAME]
    await classifier.close()


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
async def test_headers_of_the_environment_are_not_sent(
    server: AIProviderServer, monkeypatch: pytest.MonkeyPatch, provider: ProviderName
) -> None:
    for name in ("OPENAI_CUSTOM_HEADERS", "ANTHROPIC_CUSTOM_HEADERS"):
        monkeypatch.setenv(name, "X-Gateway-Key: of another host")
    guard = OutboundGuard([NAME], FakeResolver(["127.0.0.1"]))
    classifier = stored(named(server), guard, provider)
    with suppress(DocuVaultError):
        await classifier.classify(document(BILL), TOPICS)
    await classifier.close()
    assert server.seen
    assert all("x-gateway-key" not in seen.headers for seen in server.seen)


async def test_the_next_address_is_tried_when_one_is_silent(server: AIProviderServer) -> None:
    # Nobody listens on the first one; both are this machine.
    guard = OutboundGuard([NAME], FakeResolver(["127.0.0.9", "127.0.0.1"]))
    classifier = stored(named(server, "/v1"), guard)
    await classifier.ping()
    assert len(server.pings) == 1
    await classifier.close()


async def test_a_redirect_into_the_network_is_not_followed(server: AIProviderServer) -> None:
    with ai_provider_server() as inside:
        server.mood, server.location = Mood.REDIRECT, f"{inside.url}/latest/meta-data"
        classifier = stored(
            named(server, "/v1"), OutboundGuard([NAME], FakeResolver(["127.0.0.1"]))
        )
        for call in (classifier.ping(), classifier.classify(document(BILL), TOPICS)):
            with pytest.raises(DependencyUnavailable):
                await call
        assert inside.seen == inside.pings == []
        await classifier.close()
    assert (len(server.pings), len(server.seen)) == (1, 1)


async def test_another_origin_is_refused_by_the_transport_itself(server: AIProviderServer) -> None:
    guard = OutboundGuard(["127.0.0.1", NAME], FakeResolver(["127.0.0.1"]))
    async with httpx2.AsyncClient(
        transport=GuardedTransport(origin_of(f"https://{NAME}"), guard)
    ) as client:
        with pytest.raises(DependencyUnavailable):
            await client.get(f"{server.url}/api/tags")
    assert server.pings == []


async def test_the_environments_own_address_stays_free(server: AIProviderServer) -> None:
    settings = AISettings(ollama_base_url=server.url, timeout=5)
    classifier = stored(server.url, OutboundGuard(), "ollama", settings)
    await classifier.ping()
    other = stored(server.url, OutboundGuard(), "openai", settings)
    with pytest.raises(DependencyUnavailable, match="internal network"):
        await other.ping()
    assert len(server.pings) == 1
    await classifier.close()
    await other.close()


# TLS


@pytest.fixture
async def tls_server(tmp_path: Path) -> AsyncIterator[tuple[int, list[str | None]]]:
    """A TLS server with a certificate of its own making: its port, and the names asked for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    both = tmp_path / "server.pem"
    both.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    asked: list[str | None] = []
    context.sni_callback = lambda _socket, host, _context: asked.append(host)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    running = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    try:
        yield running.sockets[0].getsockname()[1], asked
    finally:
        running.close()
        await running.wait_closed()


async def test_tls_asks_for_the_name_and_believes_no_stranger(
    tls_server: tuple[int, list[str | None]],
) -> None:
    port, asked = tls_server
    guard = OutboundGuard([NAME], FakeResolver(["127.0.0.1"]))
    classifier = stored(f"https://{NAME}:{port}/v1", guard)
    with pytest.raises(DependencyUnavailable) as caught:
        await classifier.ping()
    assert "CERTIFICATE_VERIFY_FAILED" in repr(caught.value.__cause__)
    assert asked == [NAME]
    await classifier.close()
