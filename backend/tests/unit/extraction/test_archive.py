"""The guard before every ZIP: nothing in its directory is believed."""

import io
import struct
import warnings
import zipfile
from pathlib import Path

import pytest

from docuvault.domain.errors import ErrorCode, ProcessingFailed
from docuvault.extraction.archive import MAX_MEMBERS, Archive
from docuvault.extraction.base import Limits
from tests.unit.extraction import builders

_PACKED, _UNPACKED, _OFFSET = 20, 24, 42


def _code(path: Path, data: bytes, limits: Limits, member: str = "a") -> ErrorCode:
    path.write_bytes(data)
    with pytest.raises(ProcessingFailed) as caught, Archive(path, limits) as archive:
        archive.read(member)
    return caught.value.code


def test_members_are_read(tmp_path: Path, limits: Limits) -> None:
    path = tmp_path / "a.zip"
    big = bytes(range(256)) * 4000
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("stored", b"as it is", zipfile.ZIP_STORED)
        file.writestr("deflated", big, zipfile.ZIP_DEFLATED)
        file.writestr("empty", b"")
    with Archive(path, limits) as archive:
        assert archive.names == ["stored", "deflated", "empty"]
        assert archive.read("stored") == b"as it is"
        assert archive.read("deflated") == big
        assert archive.read("empty") == b""
        assert archive.read("missing") is None
        assert archive.warnings == []


def test_more_comes_out_than_was_declared(tmp_path: Path, limits: Limits) -> None:
    data = builders.archive({"a": b"x" * 100_000})
    lie = builders.with_directory_field(data, "a", _UNPACKED, 100)
    assert _code(tmp_path / "a", lie, limits) is ErrorCode.EXPANSION_LIMIT


def test_more_comes_out_in_all_than_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(builders.archive({"a": b"x" * 600, "b": b"y" * 600}))
    with pytest.raises(ProcessingFailed) as caught:
        Archive(path, Limits(1, 1, 1000))
    assert caught.value.code is ErrorCode.EXPANSION_LIMIT
    with Archive(path, Limits(1, 1, 1200)) as archive:
        assert archive.read("a") == b"x" * 600
        assert archive.read("b") == b"y" * 600
        with pytest.raises(ProcessingFailed) as caught:
            archive.read("a")
    assert caught.value.code is ErrorCode.EXPANSION_LIMIT


def test_less_comes_out_than_was_declared(tmp_path: Path, limits: Limits) -> None:
    data = builders.archive({"a": b"x" * 100})
    lie = builders.with_directory_field(data, "a", _UNPACKED, 200)
    assert _code(tmp_path / "a", lie, limits) is ErrorCode.CORRUPT_FILE


def test_the_declared_ratio_is_limited(tmp_path: Path, limits: Limits) -> None:
    data = builders.archive({"a": b"\0" * 20_000_000})
    assert _code(tmp_path / "a", data, limits) is ErrorCode.EXPANSION_LIMIT


def test_overlapping_members(tmp_path: Path, limits: Limits) -> None:
    data = builders.archive({"a": b"x" * 100, "b": b"y" * 100})
    same = builders.with_directory_field(data, "b", _OFFSET, 0)
    assert _code(tmp_path / "a", same, limits) is ErrorCode.ARCHIVE_BOMB
    longer = builders.with_directory_field(data, "a", _PACKED, 500)
    assert _code(tmp_path / "b", longer, limits) is ErrorCode.ARCHIVE_BOMB


def test_too_many_members(tmp_path: Path, limits: Limits) -> None:
    data = builders.archive({f"{number}": b"" for number in range(MAX_MEMBERS + 1)})
    assert _code(tmp_path / "a", data, limits) is ErrorCode.ARCHIVE_BOMB
    end = data.rindex(b"PK\x05\x06")
    lie = data[: end + 8] + struct.pack("<2H", 3, 3) + data[end + 12 :]
    assert _code(tmp_path / "b", lie, limits) is ErrorCode.ARCHIVE_BOMB


def test_unsafe_names_links_and_duplicates_cannot_be_read(tmp_path: Path, limits: Limits) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        file.writestr(link, "/etc/passwd")
        file.writestr("twice", b"first")
        file.writestr("twice", b"second")
        for name in ("../up", "a/../../up", "/absolute", "\\\\host\\share", "C:/drive", "a..b/ok"):
            file.writestr(name, b"x")
    path = tmp_path / "a.zip"
    path.write_bytes(buffer.getvalue())
    with Archive(path, limits) as archive:
        assert archive.names == ["twice", "a..b/ok"]
        assert archive.read("twice") == b"first"
        assert archive.read("../up") is None
        assert archive.warnings == ["unsafe_path", "duplicate_members"]


def test_encrypted_members(tmp_path: Path, limits: Limits) -> None:
    data = bytearray(builders.archive({"a": b"x"}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert _code(tmp_path / "a", bytes(data), limits) is ErrorCode.ENCRYPTED


def test_damage(tmp_path: Path, limits: Limits) -> None:
    whole = builders.archive({"a": b"some content that is long enough to be broken" * 10})
    broken = bytearray(whole)
    broken[40] ^= 0xFF
    damaged = [b"", b"PK\x03\x04", whole[:60], whole[:-10], bytes(broken)]
    damaged.append(builders.with_directory_field(whole, "a", 16, 12345))
    damaged.append(builders.with_directory_field(whole, "a", _OFFSET, 20))
    for number, data in enumerate(damaged):
        assert _code(tmp_path / f"{number}", data, limits) is ErrorCode.CORRUPT_FILE, number
