"""The digest of what was sent is the ETag that an S3 server gives to it."""

import random
from collections.abc import AsyncIterator

import pytest
from minio import Minio

from docuvault.object_storage.minio import MinIOBackend
from docuvault.object_storage.part_digest import PART_BYTES, PartDigest
from tests.servers.s3 import S3Server

DATA = random.Random(8).randbytes(2 * PART_BYTES + 3)


async def chunks(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 700_001):
        yield data[start : start + 700_001]


@pytest.mark.services
@pytest.mark.parametrize("size", [0, 10, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES, len(DATA)])
async def test_a_real_server_says_the_same(s3: S3Server, size: int) -> None:
    storage = MinIOBackend(s3.endpoint, s3.access_key, s3.secret_key, s3.bucket)
    digest = PartDigest(multipart=size > PART_BYTES)
    for start in range(0, size, 999_983):
        digest.update(DATA[start : min(size, start + 999_983)])
    try:
        await storage.put_stream("owner/document/etag.bin", chunks(DATA[:size]), "x/y")
    finally:
        await storage.close()

    client = Minio(s3.endpoint, access_key=s3.access_key, secret_key=s3.secret_key, secure=False)
    assert client.stat_object(s3.bucket, "owner/document/etag.bin").etag == digest.etag
