"""Reading members of ZIP-based documents without trusting a single number in them."""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Self

from docuvault.domain.errors import ErrorCode, ProcessingFailed
from docuvault.extraction.base import Limits

MAX_MEMBERS = 10_000
MAX_RATIO = 100
# Small members may be as repetitive as they like; they cannot hurt anyone.
RATIO_FLOOR_BYTES = 8 * 1024 * 1024
_MAX_DIRECTORY_BYTES = 16 * 1024 * 1024
_END = struct.Struct("<4s4H2LH")
_LOCAL = struct.Struct("<4s5H3L2H")
_CHUNK = 64 * 1024
_UNSAFE = re.compile(r"^[/\\]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)|\x00")
_SYMLINK = 0o120000


class Archive:
    """An open ZIP file whose directory was checked before anything is unpacked.

    Opening raises `corrupt_file`, `encrypted`, `archive_bomb` or `expansion_limit`. `warnings`
    holds `unsafe_path` or `duplicate_members` where they apply; such members cannot be read.
    """

    def __init__(self, path: Path, limits: Limits) -> None:
        self._left = limits.max_unpacked_bytes
        self.warnings: list[str] = []
        self._file: BinaryIO = path.open("rb")
        try:
            check_end(self._file)
            with zipfile.ZipFile(self._file) as directory:
                members = directory.infolist()
            self._size = self._file.seek(0, 2)
            _check_members(members, limits)
        except (zipfile.BadZipFile, struct.error, ValueError, OverflowError, OSError) as error:
            self._file.close()
            raise ProcessingFailed(ErrorCode.CORRUPT_FILE) from error
        except BaseException:
            self._file.close()
            raise
        self._members = self._index(members)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def names(self) -> list[str]:
        """Names of the members that can be read, in the order of the directory."""
        return list(self._members)

    def read(self, name: str) -> bytes | None:
        """The unpacked bytes of a member, or None when there is no such member.

        Raises `expansion_limit` once more comes out than was declared or than is allowed in all,
        and `corrupt_file` when the data does not match its checksum.
        """
        member = self._members.get(name)
        if member is None:
            return None
        allowed = min(member.file_size, self._left)
        data = bytearray()
        for chunk in self._unpack(member, allowed):
            data += chunk
            if len(data) > allowed:
                raise ProcessingFailed(ErrorCode.EXPANSION_LIMIT)
        self._left -= len(data)
        if len(data) != member.file_size or zlib.crc32(data) != member.CRC:
            raise ProcessingFailed(ErrorCode.CORRUPT_FILE)
        return bytes(data)

    def _index(self, members: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
        safe: dict[str, zipfile.ZipInfo] = {}
        for member in members:
            if _UNSAFE.search(member.orig_filename) or _is_symlink(member):
                self._warn("unsafe_path")
            elif member.filename in safe:
                self._warn("duplicate_members")
            else:
                safe[member.filename] = member
        return safe

    def _warn(self, word: str) -> None:
        if word not in self.warnings:
            self.warnings.append(word)

    def _unpack(self, member: zipfile.ZipInfo, allowed: int) -> Iterator[bytes]:
        packed = self._packed(member)
        if member.compress_type == zipfile.ZIP_STORED:
            yield from packed
            return
        if member.compress_type != zipfile.ZIP_DEFLATED:
            raise ProcessingFailed(ErrorCode.CORRUPT_FILE)
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            for chunk in packed:
                rest = chunk
                while rest and not inflater.eof:
                    yield inflater.decompress(rest, _CHUNK)
                    rest = inflater.unconsumed_tail
            while not inflater.eof:
                more = inflater.decompress(b"", _CHUNK)
                if not more:
                    break
                yield more
        except zlib.error as error:
            raise ProcessingFailed(ErrorCode.CORRUPT_FILE) from error

    def _packed(self, member: zipfile.ZipInfo) -> Iterator[bytes]:
        self._file.seek(member.header_offset)
        header = self._file.read(_LOCAL.size)
        if len(header) < _LOCAL.size or not header.startswith(b"PK\x03\x04"):
            raise ProcessingFailed(ErrorCode.CORRUPT_FILE)
        name_bytes, extra_bytes = _LOCAL.unpack(header)[-2:]
        self._file.seek(name_bytes + extra_bytes, 1)
        left = member.compress_size
        while left > 0:
            chunk = self._file.read(min(_CHUNK, left))
            if not chunk:
                raise ProcessingFailed(ErrorCode.CORRUPT_FILE)
            left -= len(chunk)
            yield chunk


def check_end(file: BinaryIO) -> None:
    """Refuse a directory that would cost too much just to be read."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END.size - 0xFFFF))
    tail = file.read()
    found = tail.rfind(b"PK\x05\x06")
    if found < 0 or len(tail) - found < _END.size:
        raise ProcessingFailed(ErrorCode.CORRUPT_FILE)
    end = _END.unpack_from(tail, found)
    members, directory_bytes = end[4], end[5]
    # 0xFFFF and 0xFFFFFFFF point to the larger ZIP64 record, which no honest document needs.
    if members > MAX_MEMBERS or directory_bytes > _MAX_DIRECTORY_BYTES:
        raise ProcessingFailed(ErrorCode.ARCHIVE_BOMB)


def _check_members(members: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(members) > MAX_MEMBERS:
        raise ProcessingFailed(ErrorCode.ARCHIVE_BOMB)
    end = 0
    for member in sorted(members, key=lambda one: one.header_offset):
        if member.header_offset < end:
            raise ProcessingFailed(ErrorCode.ARCHIVE_BOMB)
        name_bytes = len(member.orig_filename)
        end = member.header_offset + _LOCAL.size + name_bytes + member.compress_size
    if any(member.flag_bits & 1 for member in members):
        raise ProcessingFailed(ErrorCode.ENCRYPTED)
    if sum(member.file_size for member in members) > limits.max_unpacked_bytes:
        raise ProcessingFailed(ErrorCode.EXPANSION_LIMIT)
    for member in members:
        ratio = member.file_size / max(member.compress_size, 1)
        if member.file_size > RATIO_FLOOR_BYTES and ratio > MAX_RATIO:
            raise ProcessingFailed(ErrorCode.EXPANSION_LIMIT)


def _is_symlink(member: zipfile.ZipInfo) -> bool:
    return (member.external_attr >> 16) & 0o170000 == _SYMLINK
