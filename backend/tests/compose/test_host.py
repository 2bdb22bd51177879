"""What containers and the machine around them reach of each other: AI on the host, S3 in public."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.compose.stack import AI_ON_HOST, PUBLIC_S3, Stack
from tests.servers.ai_provider import MODEL, OLLAMA_PATH, AIProviderServer, ai_provider_server

TOPIC = "Bills to pay"
REASON = "The model on the host says so."
ANSWER = json.dumps({"topics": [{"topic": TOPIC, "confidence": 0.9, "reason": REASON}]})

# The product's own classifier, as the settings of the container choose it.
CLASSIFY = """
import asyncio, uuid
import numpy as np
from docuvault.ai.base import ClassifiableDocument, TopicProfile
from docuvault.ai.factory import ClassifierFactory, checked_environment, create_embedder
from docuvault.ai.guard import OutboundGuard
from docuvault.ai.local_classifier import LocalClassifier
from docuvault.config.loader import load_settings

async def main():
    settings = load_settings(dotenv=None)
    local = LocalClassifier(create_embedder(settings), settings.ai)
    makes = ClassifierFactory(settings.ai, local, OutboundGuard())
    classifier = makes.create(checked_environment(settings.ai))
    document = ClassifiableDocument("Bill", "bill.txt", "12 EUR are due.", np.zeros(1, np.float32))
    topics = [TopicProfile(uuid.uuid4(), "Bills to pay", "")]
    print((await classifier.classify(document, topics)).suggestions[0].evidence)
    await classifier.close()

asyncio.run(main())
"""
# A signed link for the original of a document, made as the settings of the container say.
SIGN = """
import asyncio, sys
from docuvault.config.loader import load_settings
from docuvault.object_storage.minio import create_minio_backend

async def main():
    settings = load_settings(dotenv=None).storage
    storage = create_minio_backend(settings)
    keys = [found.key async for found in storage.list_objects() if sys.argv[1] in found.key]
    print(settings.minio_endpoint, await storage.presigned_get_url(*keys))
    await storage.close()

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def provider(stack: Stack) -> Iterator[AIProviderServer]:
    """An AI server on this machine, where containers look for the host; the stack knows it."""
    with ai_provider_server(stack.host_address()) as server:
        server.texts = [ANSWER]
        changed = stack.changed(
            DOCUVAULT_AI__MODEL=MODEL,
            DOCUVAULT_AI__OLLAMA_BASE_URL=f"http://host.docker.internal:{urlsplit(server.url).port}",
            DOCUVAULT_STORAGE__MINIO_PUBLIC_ENDPOINT=f"127.0.0.1:{stack.env['MINIO_PORT']}",
        )
        with changed:
            stack.up(AI_ON_HOST, PUBLIC_S3)
            yield server


def test_the_worker_asks_the_ai_server_on_the_host(
    stack: Stack, provider: AIProviderServer
) -> None:
    provider.seen.clear()
    with stack.vault() as vault:
        assert vault.get("/api/info")["text_leaves_the_vault"] is True
        vault.topic(TOPIC)
        document = vault.keep("bill.txt", b"The amount of 12 EUR is due on Friday.")
    topics = {topic["name"]: topic for topic in document["topics"]}
    assert topics[TOPIC]["source"] == "ai"
    assert topics[TOPIC]["evidence"] == REASON
    assert [request.path for request in provider.seen] == [OLLAMA_PATH]


def test_the_api_reaches_the_ai_server_on_the_host(
    stack: Stack, provider: AIProviderServer
) -> None:
    provider.seen.clear()
    told = stack.execute("backend", "python", "-c", CLASSIFY)
    assert told.stdout.strip() == REASON
    assert [request.path for request in provider.seen] == [OLLAMA_PATH]


@pytest.mark.usefixtures("provider")
def test_links_name_the_public_address_and_containers_use_their_own(stack: Stack) -> None:
    content = b"An original that is fetched with a signed link."
    with stack.vault() as vault:
        document = vault.keep("linked.txt", content)
    told = stack.execute("backend", "python", "-c", SIGN, document["id"])
    internal, link = told.stdout.split()
    assert internal == "minio:9000"
    assert urlsplit(link).netloc == f"127.0.0.1:{stack.env['MINIO_PORT']}"
    with urllib.request.urlopen(link, timeout=10) as answer:
        assert answer.read() == content
    # The server looks at the signature.
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(link[:-4] + "0000", timeout=10)
    assert refusal.value.code == 403
    refusal.value.close()
