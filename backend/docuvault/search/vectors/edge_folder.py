"""The folder of the embedded index: who holds it, which shard in it is current, what may go."""

import fcntl
import json
import os
import shutil
from collections.abc import Set
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from uuid import uuid4

import structlog
from qdrant_edge import (
    Distance,
    EdgeConfig,
    EdgeOptimizersConfig,
    EdgeShard,
    EdgeSparseVectorParams,
    EdgeVectorParams,
    KeywordIndexParams,
    Modifier,
    PayloadSchemaType,
    Query,
    QueryRequest,
    UpdateOperation,
)

from docuvault.domain.errors import DependencyUnavailable, ErrorCode
from docuvault.search.vectors.payload import DENSE, INDEXED_FIELDS, WORDS, FieldKind

FORMAT = 1
# Log segments that a thread of the engine prepares ahead; they hold nothing and change their names.
PREPARED = "tmp-"
# When to optimize is our decision, so the engine's own threshold (kilobytes) must not veto it.
_INDEXING_THRESHOLD = 256
_MANIFEST = "index.json"
_LOCK = "lock"
_SET_ASIDE = "set-aside"
_SHARD = "shard-"
_NO_INDEX = "There is no vector index that can be read; the next start of the vault makes it."

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the folder says of its index; `optimized` is how many chunks its graph covers."""

    model_id: str
    dimensions: int
    shard: str
    optimized: int = 0
    format: int = FORMAT


class EdgeFolder:
    """Holds the folder for one process and keeps exactly one current shard in it.

    Only names of its own are touched: the index is a cache that can be made again, but whatever
    else lies in the folder is not ours.
    """

    def __init__(self, folder: Path, *, model_id: str, dimensions: int) -> None:
        self._folder = folder
        self._model_id = model_id
        self._dimensions = dimensions
        self._lock: int | None = None
        self._manifest: Manifest | None = None

    @property
    def manifest(self) -> Manifest:
        """The manifest in force; the folder must be open."""
        if self._manifest is None:
            raise DependencyUnavailable(ErrorCode.VECTORS_UNAVAILABLE)
        return self._manifest

    @property
    def shard_path(self) -> Path:
        """Where the current shard lies."""
        return self._folder / self.manifest.shard

    def open(self) -> EdgeShard:
        """Take the folder and load its shard, or start an empty one where there is none to use.

        Raises `DependencyUnavailable` when another process holds the folder, OSError when the
        disk does not take part.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._take()
        try:
            shard = self._load()
            if shard is None:
                shard = self._start_empty()
                # What was set aside stays until a start without trouble, to be looked at.
                self._sweep({self.manifest.shard, _SET_ASIDE})
            else:
                self._sweep({self.manifest.shard})
        except BaseException:
            self.release()
            raise
        return shard

    def open_existing(self) -> EdgeShard:
        """Take the folder and load its shard as it is; nothing is made, set aside or swept.

        Raises `DependencyUnavailable` when another process holds the folder or nothing is in it.
        """
        if not self._folder.is_dir():
            raise DependencyUnavailable(ErrorCode.VECTORS_UNAVAILABLE, _NO_INDEX)
        self._take()
        try:
            manifest = self._read_manifest()
            if manifest is None or not self._is_ours(manifest):
                raise DependencyUnavailable(ErrorCode.VECTORS_UNAVAILABLE, _NO_INDEX)
            shard = EdgeShard.load(str(self._folder / manifest.shard))
            shard.query(_probe(self._dimensions))
        except BaseException:
            self.release()
            raise
        self._manifest = manifest
        return shard

    def release(self) -> None:
        """Let other processes have the folder."""
        self._manifest = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def new_shard_path(self) -> Path:
        """A name for another shard; it is swept away at the next start unless it is adopted."""
        return self._folder / f"{_SHARD}{uuid4().hex[:12]}"

    def adopt(self, shard: Path, *, optimized: int) -> None:
        """Make another shard the current one; atomic."""
        self._save(replace(self.manifest, shard=shard.name, optimized=optimized))

    def sync_log(self) -> None:
        """Make what is in the current shard's write-ahead log survive a power cut."""
        log = self.shard_path / "wal"
        for path in log.iterdir():
            if not path.name.startswith(PREPARED):
                sync_path(path)
        sync_path(log)

    def _take(self) -> None:
        if self._lock is not None:
            return
        lock = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            raise DependencyUnavailable(
                ErrorCode.VECTORS_UNAVAILABLE, "The vector index is in use by another process."
            ) from error
        self._lock = lock

    def _load(self) -> EdgeShard | None:
        manifest = self._read_manifest()
        if manifest is None:
            return None
        if not self._is_ours(manifest):
            _log.warning("vector index belongs to another model, starting empty")
            return None
        path = self._folder / manifest.shard
        try:
            shard = EdgeShard.load(str(path), shard_config(self._dimensions))
            shard.query(_probe(self._dimensions))
        except BaseException as error:  # bare Exception, or a panic that derives from BaseException
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            _log.error("vector index cannot be read, starting empty", error=type(error).__name__)
            self._set_aside(path)
            return None
        self._manifest = manifest
        return shard

    def _is_ours(self, manifest: Manifest) -> bool:
        wanted = (FORMAT, self._model_id, self._dimensions)
        return (manifest.format, manifest.model_id, manifest.dimensions) == wanted

    def _start_empty(self) -> EdgeShard:
        path = self.new_shard_path()
        path.mkdir()
        shard = EdgeShard.create(str(path), shard_config(self._dimensions))
        for field, kind in INDEXED_FIELDS.items():
            shard.update(UpdateOperation.create_field_index(field, _SCHEMAS[kind]))
        shard.flush()
        self._save(Manifest(self._model_id, self._dimensions, path.name))
        return shard

    def _read_manifest(self) -> Manifest | None:
        try:
            manifest = Manifest(**json.loads((self._folder / _MANIFEST).read_bytes()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError):
            _log.error("vector index has no readable manifest, starting empty")
            return None
        usable = isinstance(manifest.shard, str) and manifest.shard.startswith(_SHARD)
        return manifest if usable and Path(manifest.shard).name == manifest.shard else None

    def _save(self, manifest: Manifest) -> None:
        draft = self._folder / f"{_MANIFEST}.new"
        with draft.open("w", encoding="utf-8") as file:
            json.dump(asdict(manifest), file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._folder / _MANIFEST)
        sync_path(self._folder)
        self._manifest = manifest

    def _set_aside(self, path: Path) -> None:
        shutil.rmtree(self._folder / _SET_ASIDE, ignore_errors=True)
        if path.exists():
            path.rename(self._folder / _SET_ASIDE)

    def _sweep(self, keep: Set[str]) -> None:
        for path in self._folder.iterdir():
            ours = path.name.startswith(_SHARD) or path.name == _SET_ASIDE
            if ours and path.name not in keep:
                shutil.rmtree(path, ignore_errors=True)


def shard_config(dimensions: int) -> EdgeConfig:
    """One dense vector by cosine and one sparse vector whose words weigh by rarity."""
    return EdgeConfig(
        vectors={DENSE: EdgeVectorParams(size=dimensions, distance=Distance.Cosine)},
        sparse_vectors={WORDS: EdgeSparseVectorParams(modifier=Modifier.Idf)},
        optimizers=EdgeOptimizersConfig(indexing_threshold=_INDEXING_THRESHOLD),
    )


def _probe(dimensions: int) -> QueryRequest:
    # Some damage shows only when vectors and payloads are read.
    first_axis = [1.0, *[0.0] * (dimensions - 1)]
    return QueryRequest(limit=1, query=Query.Nearest(first_axis, using=DENSE), with_payload=True)


def sync_path(path: Path) -> None:
    """Ask the disk to keep a file or folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


_SCHEMAS: dict[FieldKind, PayloadSchemaType | KeywordIndexParams] = {
    FieldKind.TENANT: KeywordIndexParams(is_tenant=True),
    FieldKind.KEYWORD: PayloadSchemaType.Keyword,
    FieldKind.INTEGER: PayloadSchemaType.Integer,
}
