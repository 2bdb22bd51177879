"""Telling what a ZIP or OLE2 container holds, from its beginning or from its directory."""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterable
from lzma import LZMAError
from pathlib import Path
from typing import BinaryIO

from docuvault.domain.errors import ProcessingFailed
from docuvault.domain.media_types import (
    DOCX,
    ENCRYPTED_OFFICE,
    EPUB,
    MSG,
    ODT,
    OLE,
    PPTX,
    XLSX,
    ZIP,
    from_extension,
)
from docuvault.extraction.archive import check_end

ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_OFFICE = frozenset({DOCX, XLSX, PPTX})
_FOLDERS = {"word/": DOCX, "xl/": XLSX, "ppt/": PPTX}
_CONTENT_TYPES = {
    b"wordprocessingml.": DOCX,
    b"ms-word.": DOCX,
    b"spreadsheetml.": XLSX,
    b"ms-excel.": XLSX,
    b"presentationml.": PPTX,
    b"ms-powerpoint.": PPTX,
}
_PACKAGE_PARTS = ("[Content_Types].xml", "_rels/.rels", "docProps/")
_MIMETYPES = {ODT.encode(): ODT, EPUB.encode(): EPUB}
_LONGEST_MIMETYPE = 100
_LOCAL = struct.Struct("<4s5H3L2H")
_MOST_NAMES = 2000
_MOST_TYPES_BYTES = 256 * 1024
_ENCRYPTED_NAMES = frozenset({"EncryptedPackage", "EncryptionInfo"})
_MESSAGE_NAMES = re.compile(r"__(?:substg1\.0_|properties_version1\.0|nameid_version1\.0)")
_SECTOR_SHIFTS = (9, 12)
_END_OF_CHAIN = 0xFFFFFFFA


def zip_type(head: bytes, extension: str) -> str:
    """The media type of a ZIP file by the local headers in its first bytes."""
    names: list[str] = []
    position = 0
    while len(names) < _MOST_NAMES and (position := head.find(b"PK\x03\x04", position)) >= 0:
        if len(head) - position < _LOCAL.size:
            break
        fields = _LOCAL.unpack_from(head, position)
        method, name_bytes, extra_bytes = fields[3], fields[9], fields[10]
        start = position + _LOCAL.size
        name = head[start : start + name_bytes].decode("utf-8", "replace")
        data = head[start + name_bytes + extra_bytes :]
        names.append(name)
        if name == "mimetype" and (kind := _by_mimetype(_inflated(data, method))):
            return kind
        if name == "[Content_Types].xml" and (kind := _by_content_types(_inflated(data, method))):
            return kind
        position = start
    return _by_names(names, extension)


def zip_file_type(path: Path, extension: str) -> str | None:
    """The media type of a ZIP file by its central directory; None when it cannot be read."""
    try:
        with path.open("rb") as file:
            check_end(file)
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()[:_MOST_NAMES]
            if "mimetype" in names:
                with archive.open("mimetype") as member:
                    kind = _by_mimetype(member.read(_LONGEST_MIMETYPE))
                if kind is not None:
                    return kind
            if "[Content_Types].xml" in names:
                with archive.open("[Content_Types].xml") as member:
                    kind = _by_content_types(member.read(_MOST_TYPES_BYTES))
                if kind is not None:
                    return kind
    except (
        zipfile.BadZipFile,
        zlib.error,
        LZMAError,
        EOFError,
        OSError,
        RuntimeError,
        ValueError,
        struct.error,
        ProcessingFailed,
    ):
        return None
    return _by_names(names, extension)


def ole_type(head: bytes, extension: str) -> str:
    """The media type of an OLE2 file by the names in its first bytes, else by its extension."""
    names = {
        name
        for name in (*_ENCRYPTED_NAMES, "__properties_version1.0", "__nameid_version1.0")
        if name.encode("utf-16-le") in head
    }
    if names:
        return _by_streams(names)
    promised = from_extension(extension)
    if promised == MSG:
        return MSG
    # A package with a password is wrapped in OLE2; nothing else of that name is.
    return ENCRYPTED_OFFICE if promised in _OFFICE else OLE


def ole_file_type(path: Path) -> str | None:
    """The media type of an OLE2 file by its directory; None when it cannot be read."""
    try:
        with path.open("rb") as file:
            return _by_streams(_stream_names(file))
    except (OSError, struct.error, ValueError):
        return None


def _inflated(data: bytes, method: int) -> bytes:
    if method == zipfile.ZIP_STORED:
        return data
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, _MOST_TYPES_BYTES)
    except zlib.error:
        return b""


def _by_mimetype(content: bytes) -> str | None:
    """The type that an OpenDocument or EPUB file names in its first member."""
    return next((kind for name, kind in _MIMETYPES.items() if content.startswith(name)), None)


def _by_content_types(xml: bytes) -> str | None:
    """The type of the main part; embedded parts are listed too, but never as the main one."""
    for match in re.finditer(rb'ContentType="([^"]{1,200})"', xml):
        kind = match.group(1)
        if b"main" in kind.lower():
            return next((type_ for word, type_ in _CONTENT_TYPES.items() if word in kind), None)
    return None


def _by_names(names: Iterable[str], extension: str) -> str:
    listed = list(names)
    for name in listed:
        for folder, kind in _FOLDERS.items():
            if name.startswith(folder):
                return kind
    promised = from_extension(extension)
    package = any(name.startswith(_PACKAGE_PARTS) for name in listed)
    return promised if package and promised in _OFFICE else ZIP


def _by_streams(names: Iterable[str]) -> str:
    listed = set(names)
    if listed & _ENCRYPTED_NAMES:
        return ENCRYPTED_OFFICE
    return MSG if any(_MESSAGE_NAMES.match(name) for name in listed) else OLE


def _stream_names(file: BinaryIO) -> list[str]:
    """Names in the directory of a compound file, following its sector chain."""
    header = file.read(512)
    shift = struct.unpack_from("<H", header, 30)[0]
    if shift not in _SECTOR_SHIFTS:
        raise ValueError("not a compound file")
    sector_bytes = 1 << shift
    sector = struct.unpack_from("<L", header, 48)[0]
    table_sectors = struct.unpack_from("<109L", header, 76)
    per_table = sector_bytes // 4
    names: list[str] = []
    seen: set[int] = set()
    while sector < _END_OF_CHAIN and sector not in seen and len(names) < _MOST_NAMES:
        seen.add(sector)
        file.seek((sector + 1) * sector_bytes)
        directory = file.read(sector_bytes)
        for start in range(0, len(directory) - 127, 128):
            length = struct.unpack_from("<H", directory, start + 64)[0]
            if 2 <= length <= 64:
                name = directory[start : start + length - 2]
                names.append(name.decode("utf-16-le", "replace"))
        table = sector // per_table
        if table >= len(table_sectors) or table_sectors[table] >= _END_OF_CHAIN:
            break
        file.seek((table_sectors[table] + 1) * sector_bytes + (sector % per_table) * 4)
        sector = struct.unpack("<L", file.read(4))[0]
    return names
