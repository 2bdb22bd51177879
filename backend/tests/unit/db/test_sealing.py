"""Sealed secrets: opened by the same secret for the same purpose, else not at all."""

import pytest

from docuvault.db.sealing import Sealer
from docuvault.domain.errors import CorruptValue, ErrorCode

SECRET = "0123456789abcdef" * 4
TEXT = "sk-canary-é"


def test_what_was_sealed_is_opened() -> None:
    sealed = Sealer(SECRET, "ai key").seal(TEXT)
    assert Sealer(SECRET, "ai key").open(sealed) == TEXT
    assert b"canary" not in sealed


def test_no_two_seals_are_alike() -> None:
    sealer = Sealer(SECRET, "ai key")
    assert sealer.seal(TEXT) != sealer.seal(TEXT)


@pytest.mark.parametrize("other", [Sealer("f" * 64, "ai key"), Sealer(SECRET, "another purpose")])
def test_nobody_else_opens_it(other: Sealer) -> None:
    with pytest.raises(CorruptValue) as caught:
        other.open(Sealer(SECRET, "ai key").seal(TEXT))
    assert caught.value.code is ErrorCode.CORRUPT_ENTRY
    assert not caught.value.transient


def test_one_changed_bit_anywhere_is_noticed() -> None:
    sealer = Sealer(SECRET, "ai key")
    sealed = sealer.seal(TEXT)
    for place in range(len(sealed)):
        damaged = bytearray(sealed)
        damaged[place] ^= 1
        with pytest.raises(CorruptValue):
            sealer.open(bytes(damaged))


@pytest.mark.parametrize("length", [0, 1, 12, 13, 28])
def test_half_a_seal_is_none(length: int) -> None:
    sealer = Sealer(SECRET, "ai key")
    with pytest.raises(CorruptValue):
        sealer.open(sealer.seal(TEXT)[:length])
