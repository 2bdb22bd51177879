"""Redis behind TLS: only a server with the right certificate is spoken to."""

import asyncio
import datetime
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr

from docuvault.clients.redis import create_async_redis_client, redis_errors
from docuvault.config.settings import RedisSettings
from docuvault.domain.errors import DependencyUnavailable
from docuvault.queue.broker import broker_of
from tests.servers.valkey import ValkeyServer

pytestmark = pytest.mark.services


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate for this machine that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / f"{name}.pem", folder / f"{name}.key"
    certificate_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_file, key_file


@asynccontextmanager
async def tls_before(server: ValkeyServer, chain: tuple[Path, Path]) -> AsyncIterator[int]:
    """A port that speaks TLS and passes on to the server, which does not."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*chain)

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while block := await reader.read(65536):
                writer.write(block)
                await writer.drain()
        except (OSError, ssl.SSLError):
            pass
        finally:
            writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection(server.host, server.port)
        await asyncio.gather(pass_on(reader, inner_writer), pass_on(inner_reader, writer))

    listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        await asyncio.sleep(0)


async def test_only_the_right_certificate_is_trusted(valkey: ValkeyServer, tmp_path: Path) -> None:
    chain = certificate(tmp_path, "right")
    stranger, _ = certificate(tmp_path, "stranger")
    async with tls_before(valkey, chain) as port:
        secret = quote(valkey.password, safe="")
        url = SecretStr(f"rediss://:{secret}@127.0.0.1:{port}/0")
        trusted = await create_async_redis_client(
            RedisSettings(url=url, ca_file=chain[0]), context="tests"
        )
        assert await trusted.ping()
        await trusted.aclose()
        for ca_file in (stranger, None):
            client = await create_async_redis_client(
                RedisSettings(url=url, ca_file=ca_file), context="tests"
            )
            with pytest.raises(DependencyUnavailable), redis_errors():
                await client.ping()
            await client.aclose()


def test_the_queue_asks_for_the_same(tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    broker = broker_of(RedisSettings(url=SecretStr("rediss://:secret@host/0"), ca_file=ca_file))
    assert broker.tls == {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_ca_certs": str(ca_file)}
    assert broker_of(RedisSettings(url=SecretStr("redis://host/0"))).tls is None
    assert "secret" not in repr(broker)
