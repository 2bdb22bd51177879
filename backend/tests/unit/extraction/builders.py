"""Files built byte by byte, so that a test knows exactly what is in them."""

import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_PAD = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
_ID = bytes(range(16))


def pdf(
    pages: Sequence[str],
    *,
    info: bytes = b"",
    catalog: bytes = b"",
    to_unicode: bytes = b"",
    user: bytes | None = None,
) -> bytes:
    """A PDF with one line of Helvetica per page.

    `user`: user password of 40-bit RC4 encryption (owner password `owner`); None does not encrypt.
    `to_unicode`: lines of a character map for the font.
    """
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica%b>>"
    objects: list[bytes | tuple[bytes, bytes]] = [
        b"<</Type/Catalog/Pages 2 0 R%b>>" % catalog,
        b"",
        font % (b"/ToUnicode 4 0 R" if to_unicode else b""),
        (b"", b"begincmap 1 begincodespacerange <00> <FF> endcodespacerange %b" % to_unicode),
    ]
    kids = []
    for text in pages:
        escaped = text.encode("latin-1").replace(b"\\", b"\\\\").replace(b"(", b"\\(")
        content = b"BT /F1 12 Tf 20 200 Td (%b) Tj ET" % escaped.replace(b")", b"\\)")
        objects.append((b"", content if text else b""))
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 300]/Contents %d 0 R"
            b"/Resources<</Font<</F1 3 0 R>>>>>>" % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<</Type/Pages/Count %d/Kids[%b]>>" % (len(kids), b" ".join(kids))
    trailer = b""
    if info:
        objects.append(b"<<%b>>" % info)
        trailer += b"/Info %d 0 R" % len(objects)
    key = None
    if user is not None:
        key, encryption = _encryption(user, b"owner")
        objects.append(encryption)
        name = _ID.hex().encode()
        trailer += b"/Encrypt %d 0 R/ID[<%b><%b>]" % (len(objects), name, name)
    return pdf_of(objects, trailer, key)


def pdf_of(
    objects: Sequence[bytes | tuple[bytes, bytes]], trailer: bytes = b"", key: bytes | None = None
) -> bytes:
    """A PDF of numbered objects; a pair is a stream: entries of its dictionary, and its data."""
    out = bytearray(b"%PDF-1.6\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        if isinstance(body, tuple):
            entries, data = body
            if key is not None:
                salt = key + number.to_bytes(3, "little") + b"\0\0"
                data = _rc4(hashlib.md5(salt).digest()[:10], data)
            body = b"<</Length %d%b>>stream\n%b\nendstream" % (len(data), entries, data)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer<</Root 1 0 R/Size %d%b>>\n" % (len(offsets) + 1, trailer)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


def flate_bomb(unpacked: int) -> bytes:
    """A PDF of a few kilobytes whose page content inflates, twice, to so many bytes."""
    piece = b"BT /F1 12 Tf (x) Tj ET "
    inner = zlib.compress(piece * (unpacked // len(piece)), 9)
    return pdf_of(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R"
            b"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
            (b"/Filter[/FlateDecode/FlateDecode]", zlib.compress(inner, 9)),
        ]
    )


def docx(
    body: str,
    *,
    parts: Mapping[str, str] | None = None,
    links: Sequence[tuple[str, str]] = (),
    prologue: str = "",
    extra: Mapping[str, bytes] | None = None,
) -> bytes:
    """A Word document.

    `body`: content of `w:body`. `parts`: further members of `word/` by name. `links`: kind and
    target of the main part's relationships. `prologue`: what stands before the root element.
    """
    members = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Override'
        ' PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument'
        '.wordprocessingml.document.main+xml"/></Types>',
        "_rels/.rels": relationships([("officeDocument", "word/document.xml")]),
        "word/document.xml": f'{prologue}<w:document xmlns:w="{WORD}"><w:body>{body}</w:body>'
        "</w:document>",
        "word/_rels/document.xml.rels": relationships(links),
        **{f"word/{name}": content for name, content in (parts or {}).items()},
    }
    return archive({name: text.encode() for name, text in members.items()} | dict(extra or {}))


def relationships(links: Sequence[tuple[str, str]]) -> str:
    """A relationships part."""
    entries = "".join(
        f'<Relationship Id="r{number}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(links)
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{entries}</Relationships>'


def paragraph(text: str) -> str:
    """A paragraph of one run."""
    return f'<w:p><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def archive(members: Mapping[str, bytes]) -> bytes:
    """A ZIP file with deflated members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return buffer.getvalue()


def with_directory_field(data: bytes, name: str, offset: int, value: int) -> bytes:
    """The ZIP file with one four-byte field of a member's directory entry changed."""
    changed = bytearray(data)
    position = data.index(b"PK\x01\x02")
    while data[position + 46 : position + 46 + len(name)] != name.encode():
        position = data.index(b"PK\x01\x02", position + 1)
    struct.pack_into("<L", changed, position + offset, value)
    return bytes(changed)


def _encryption(user: bytes, owner: bytes) -> tuple[bytes, bytes]:
    permissions = -4
    sealed = _rc4(hashlib.md5(_padded(owner)).digest()[:5], _padded(user))
    seed = _padded(user) + sealed + struct.pack("<l", permissions) + _ID
    key = hashlib.md5(seed).digest()[:5]
    return key, b"<</Filter/Standard/V 1/R 2/O<%b>/U<%b>/P %d>>" % (
        sealed.hex().encode(),
        _rc4(key, _PAD).hex().encode(),
        permissions,
    )


def _padded(password: bytes) -> bytes:
    return (password + _PAD)[:32]


def _rc4(key: bytes, data: bytes) -> bytes:
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) & 255
        state[i], state[j] = state[j], state[i]
    out = bytearray()
    i = j = 0
    for byte in data:
        i = (i + 1) & 255
        j = (j + state[i]) & 255
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) & 255])
    return bytes(out)
