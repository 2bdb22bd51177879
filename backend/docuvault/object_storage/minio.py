"""Objects in a bucket of any S3 server, through the MinIO SDK in threads."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import BinaryIO, cast
from xml.etree.ElementTree import ParseError

import structlog
import urllib3
from minio import Minio
from minio.error import InvalidResponseError, MinioException, S3Error

from docuvault.config.settings import StorageSettings
from docuvault.domain.errors import (
    DependencyUnavailable,
    DocuVaultError,
    ErrorCode,
    InsufficientStorage,
    InvalidInput,
    NotFound,
)
from docuvault.object_storage.base import CHUNK_BYTES, ObjectStat, StorageBackend
from docuvault.object_storage.connections import create_pool
from docuvault.object_storage.download import Download
from docuvault.object_storage.keys import check_range, split_key
from docuvault.object_storage.marker import MARKER_BYTES, MARKER_KEY, marker_text
from docuvault.object_storage.part_digest import PART_BYTES, PartDigest
from docuvault.object_storage.threads import Running, Threads
from docuvault.object_storage.upload_source import ArrivingSource, UploadAbandoned, WholeSource

_PAGE = 1000
_MAX_LINK_MINUTES = 7 * 24 * 60
_NO_BUCKET = "The bucket of the object storage does not exist; the set-up job makes it."
_REFUSED = "The object storage refuses the credentials or the rights of its user."
_REFUSALS = frozenset(
    {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidTokenId"}
)
_FULL = frozenset({"XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "QuotaExceeded"})
_TAKEN_BUCKET = frozenset({"BucketAlreadyOwnedByYou", "BucketAlreadyExists"})

log = structlog.get_logger(__name__)


class MinIOBackend(StorageBackend):
    """Objects of one bucket; the bucket must exist.

    A client of its own with short timeouts and no retries answers whether the server is there;
    another one, which never calls a server, signs links for `public_endpoint` (host and port, or
    an address with its scheme). Uploads of more than 5 MiB hold one of `concurrency` threads
    while they arrive, in a pool apart from the one for everything else.
    """

    def __init__(
        self,
        endpoint: str,
        access_key: str,
        secret_key: str,
        bucket: str,
        *,
        region: str = "us-east-1",
        secure: bool = False,
        public_endpoint: str | None = None,
        connect_timeout: float = 3.0,
        read_timeout: float = 30.0,
        concurrency: int = 16,
    ) -> None:
        self._pools: list[urllib3.PoolManager] = []

        def client(address: str, read_timeout: float, retries: int) -> Minio:
            pool = create_pool(connect_timeout, read_timeout, retries, 2 * concurrency)
            self._pools.append(pool)
            scheme, separator, host = address.rpartition("://")
            return Minio(
                host,
                access_key=access_key,
                secret_key=secret_key,
                secure=scheme == "https" if separator else secure,
                region=region,
                http_client=pool,
            )

        self._bucket = bucket
        self._client = client(endpoint, read_timeout, 2)
        self._probe = client(endpoint, connect_timeout, 0)
        self._signer = client(public_endpoint or endpoint, read_timeout, 0)
        self._requests = Threads(concurrency, "s3", storage_error)
        self._uploads = Threads(concurrency, "s3-upload", storage_error)

    async def verify(self) -> None:
        """Raise `DependencyUnavailable`, with a sentence that says why, unless the bucket is there.

        Nothing is made: that is the job of `ensure_bucket`.
        """
        if not await self._requests.run(self._probe.bucket_exists, self._bucket):
            raise DependencyUnavailable(ErrorCode.STORAGE_UNAVAILABLE, _NO_BUCKET)

    async def make_bucket(self) -> bool:
        """Make the bucket where it is missing; whether it was."""
        return await self._requests.run(self._make_bucket)

    async def put_stream(self, key: str, chunks: AsyncIterator[bytes], content_type: str) -> int:
        """Store the chunks: up to 5 MiB with one request, else in parts; then verify them."""
        split_key(key)
        media_type = _header_value(content_type)
        buffer = bytearray()
        async for chunk in chunks:
            buffer += chunk
            if len(buffer) > PART_BYTES:
                return await self._put_parts(key, bytes(buffer), chunks, media_type)
        source = WholeSource(bytes(buffer))
        storing = self._requests.start(self._store, key, source, media_type)
        try:
            return await storing.result()
        except BaseException:
            await self._undo(key, storing)
            raise

    @asynccontextmanager
    async def open_stream(
        self, key: str, start: int = 0, length: int | None = None
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Chunks of at most 1 MiB; the first is read together with the look-up."""
        check_range(start, length)
        split_key(key)
        download = Download(lambda: self._get(key, start, length))
        try:
            if length == 0:
                await self.stat(key)
                first = b""
            else:
                first = await self._requests.run(download.open)
            async with aclosing(self._blocks(download, first)) as blocks:
                yield blocks
        finally:
            download.close()

    async def read_marker(self) -> str | None:
        """The mark, by the client that does not wait long, since health asks for it."""
        return await self._requests.run(self._read_marker)

    async def stat(self, key: str) -> ObjectStat:
        """Size and time of one object."""
        split_key(key)
        return await self._requests.run(self._stat, key)

    async def delete_object(self, key: str) -> None:
        """Remove an object; an absent one is no error."""
        split_key(key)
        await self._requests.run(self._client.remove_object, self._bucket, key)

    async def list_objects(self, prefix: str = "") -> AsyncIterator[ObjectStat]:
        """All objects whose key begins with `prefix`, in the order of their keys."""
        found = self._walk(prefix)
        while page := await self._requests.run(_page, found):
            for item in page:
                yield item

    async def presigned_get_url(self, key: str, expires_minutes: int = 60) -> str:
        """A link on the public endpoint, signed here; at most seven days."""
        split_key(key)
        if not 0 < expires_minutes <= _MAX_LINK_MINUTES:
            raise InvalidInput(
                ErrorCode.MALFORMED_REQUEST, "A signed link lives from a minute to seven days."
            )
        expires = timedelta(minutes=expires_minutes)
        return self._signer.presigned_get_object(self._bucket, key, expires=expires)

    async def health_check(self) -> bool:
        """Whether the server answers and the bucket is there."""
        try:
            return await self._requests.run(self._probe.bucket_exists, self._bucket)
        except DocuVaultError:
            return False

    async def close(self) -> None:
        """Wait for running requests, end the threads and the connections."""
        await self._uploads.close()
        await self._requests.close()
        for pool in self._pools:
            pool.clear()

    async def _put_parts(
        self, key: str, head: bytes, chunks: AsyncIterator[bytes], media_type: str
    ) -> int:
        source = ArrivingSource()
        storing = self._uploads.start(self._store_arriving, key, source, media_type)
        try:
            read_on = await source.feed(head)
            buffer = bytearray()
            if read_on:
                async for chunk in chunks:
                    buffer += chunk
                    if len(buffer) >= CHUNK_BYTES:
                        if not await source.feed(bytes(buffer)):
                            break
                        buffer = bytearray()
                else:
                    await source.feed(bytes(buffer))
            source.finish()
            return await storing.result()
        except BaseException as failure:
            source.abandon()
            await self._undo(key, storing)
            if (
                not isinstance(storing.error, UploadAbandoned | None)
                and storing.error is not failure
            ):
                log.warning("object_storage.abort_failed", error=type(storing.error).__name__)
            raise

    def _store_arriving(self, key: str, source: ArrivingSource, media_type: str) -> int:
        try:
            return self._store(key, source, media_type)
        finally:
            source.desert()

    def _store(self, key: str, source: ArrivingSource | WholeSource, media_type: str) -> int:
        try:
            self._client.put_object(
                self._bucket,
                key,
                cast(BinaryIO, source),
                length=-1,
                content_type=media_type,
                part_size=PART_BYTES,
                num_parallel_uploads=1,
            )
            self._verify(key, source)
        except Exception:
            # Before the end no request could make the object; after it any answer may be lost.
            if source.ended:
                self._remove_remains(key)
            raise
        return source.total

    def _verify(self, key: str, source: ArrivingSource | WholeSource) -> None:
        """What has one part is read back; of more parts the server's own digest may tell enough."""
        etag: str | None
        try:
            whole = isinstance(source, WholeSource)
            etag = None if whole else self._client.stat_object(self._bucket, key).etag
            if etag != source.digest.etag:
                # Not every server makes its ETags of MD5.
                etag = self._etag_of_stored(key, multipart=not whole)
        except S3Error as error:
            if error.code != "NoSuchKey":
                raise
            etag = None
        if etag != source.digest.etag:
            log.error("object_storage.put_not_kept", sent=source.total, found=etag is not None)
            raise DependencyUnavailable(ErrorCode.STORAGE_UNAVAILABLE)

    def _etag_of_stored(self, key: str, *, multipart: bool) -> str:
        digest = PartDigest(multipart=multipart)
        download = Download(lambda: self._get(key, 0, None))
        try:
            block = download.open()
            while block:
                digest.update(block)
                block = download.read() if download.remaining else b""
        finally:
            download.close()
        return digest.etag

    async def _undo(self, key: str, storing: Running[int]) -> None:
        await storing.withdraw()
        if storing.succeeded:
            await self._requests.start(self._remove_remains, key).settle()

    def _remove_remains(self, key: str) -> None:
        try:
            self._probe.remove_object(self._bucket, key)
        except (MinioException, urllib3.exceptions.HTTPError, OSError) as error:
            # The failure that led here is raised; orphans are looked for later anyway.
            log.warning("object_storage.remains_kept", error=type(error).__name__)

    def _stat(self, key: str) -> ObjectStat:
        try:
            found = self._client.stat_object(self._bucket, key)
        except S3Error as error:
            # The answer to HEAD has no body that could tell a missing bucket from a missing key.
            if error.code == "NoSuchKey" and not self._client.bucket_exists(self._bucket):
                raise DependencyUnavailable(ErrorCode.STORAGE_UNAVAILABLE, _NO_BUCKET) from error
            raise
        return ObjectStat(key, found.size or 0, found.last_modified or datetime.now(UTC))

    def _get(self, key: str, start: int, length: int | None) -> urllib3.BaseHTTPResponse | None:
        try:
            return self._client.get_object(self._bucket, key, offset=start, length=length or 0)
        except S3Error as error:
            if error.code == "InvalidRange":
                return None
            raise

    def _read_marker(self) -> str | None:
        try:
            with self._probe.get_object(self._bucket, MARKER_KEY) as response:
                return marker_text(response.read(MARKER_BYTES))
        except InvalidResponseError:
            # Some servers label their errors so that the SDK cannot read them; HEAD has no body.
            if self._is_stored(MARKER_KEY):
                raise
        except S3Error as error:
            if error.code != "NoSuchKey":
                raise
        return None

    def _is_stored(self, key: str) -> bool:
        try:
            self._stat(key)
        except S3Error as error:
            if error.code != "NoSuchKey":
                raise
            return False
        return True

    def _walk(self, prefix: str) -> Iterator[ObjectStat]:
        for found in self._client.list_objects(self._bucket, prefix=prefix, recursive=True):
            yield ObjectStat(found.object_name, found.size or 0, found.last_modified)

    def _make_bucket(self) -> bool:
        if self._client.bucket_exists(self._bucket):
            return False
        try:
            self._client.make_bucket(self._bucket)
        except S3Error as error:
            if error.code not in _TAKEN_BUCKET:
                raise
            return False
        return True

    async def _blocks(self, download: Download, first: bytes) -> AsyncGenerator[bytes, None]:
        block = first
        while block:
            yield block
            block = await self._requests.run(download.read) if download.remaining else b""


def create_minio_backend(settings: StorageSettings) -> MinIOBackend:
    """The driver for the S3 server that the settings name; nothing is contacted."""
    return MinIOBackend(
        settings.minio_endpoint,
        settings.minio_access_key,
        settings.minio_secret_key.get_secret_value(),
        settings.minio_bucket,
        region=settings.minio_region,
        secure=settings.minio_secure,
        public_endpoint=settings.minio_public_endpoint,
        connect_timeout=settings.connect_timeout,
        read_timeout=settings.read_timeout,
        concurrency=settings.concurrency,
    )


async def ensure_bucket(settings: StorageSettings) -> bool:
    """Make the bucket if it is missing, for the one-shot set-up job; whether it was made."""
    backend = create_minio_backend(settings)
    try:
        return await backend.make_bucket()
    finally:
        await backend.close()


def storage_error(error: Exception) -> Exception:
    """The failure of the catalogue that an error of the SDK stands for."""
    if isinstance(error, S3Error):
        if error.code == "NoSuchKey":
            return NotFound(ErrorCode.STORAGE_OBJECT_MISSING)
        if error.code in _FULL:
            return InsufficientStorage(ErrorCode.INSUFFICIENT_STORAGE)
        sentence = _NO_BUCKET if error.code == "NoSuchBucket" else None
        return DependencyUnavailable(
            ErrorCode.STORAGE_UNAVAILABLE, _REFUSED if error.code in _REFUSALS else sentence
        )
    outages = (
        MinioException,
        urllib3.exceptions.HTTPError,
        OSError,
        ParseError,
        UnicodeDecodeError,
    )
    if isinstance(error, outages):
        return DependencyUnavailable(ErrorCode.STORAGE_UNAVAILABLE)
    return error


def _header_value(content_type: str) -> str:
    """The content type, or the general one where it cannot stand in a header."""
    plain = content_type.isascii() and content_type.isprintable() and content_type.strip()
    return content_type if plain else "application/octet-stream"


def _page(found: Iterator[ObjectStat]) -> list[ObjectStat]:
    return list(islice(found, _PAGE))
