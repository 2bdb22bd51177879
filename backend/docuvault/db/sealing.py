"""Seals small secrets for the rows that keep them: AES-256-GCM under the vault's own secret."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from docuvault.domain.errors import CorruptValue, ErrorCode

_VERSION = b"\x01"
_NONCE_BYTES = 12


class Sealer:
    """`purpose` names what is sealed; a value cannot be opened for another purpose."""

    def __init__(self, secret: str, purpose: str) -> None:
        key = HKDF(
            algorithm=hashes.SHA256(), length=32, salt=None, info=f"docuvault {purpose}".encode()
        ).derive(secret.encode())
        self._cipher = AESGCM(key)
        self._purpose = purpose.encode()

    def seal(self, text: str) -> bytes:
        """Version, nonce and ciphertext; different with every call."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, text.encode(), self._purpose)

    def open(self, sealed: bytes) -> str:
        """The text again; raises `CorruptValue` when it was sealed under another secret."""
        nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            if sealed[:1] != _VERSION:
                raise InvalidTag
            return self._cipher.decrypt(nonce, body, self._purpose).decode()
        except (InvalidTag, ValueError):
            raise CorruptValue(
                ErrorCode.CORRUPT_ENTRY,
                "A kept secret cannot be read: it was sealed under another secret key.",
            ) from None
