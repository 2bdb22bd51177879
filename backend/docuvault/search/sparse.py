"""BM25 weights of words as sparse vectors, made on our side alike for both vector drivers.

The engine adds the rarity of each word when it searches. Text is folded first, so that case,
accents and ligatures do not matter; English stop words and endings are dropped, words of other
languages match as they are written; Chinese, Japanese and Korean match by pairs of characters.
"""

import re
import unicodedata
from itertools import pairwise

from qdrant_edge import Bm25, Bm25Config, TokenizerType

from docuvault.domain.text import fold, without_nul
from docuvault.search.vectors.base import SparseVector

# Far above any chunk; bounds the time that hostile input may take.
_MAX_CHARACTERS = 100_000

_HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_UNSPACED = re.compile(f"[{_HAN}\u3041-\u3096\u30a1-\u30fa\u30fc-\u30ff\uac00-\ud7a3]+")
_IDEOGRAPH = re.compile(f"[{_HAN}]")


class SparseEncoder:
    """Turns chunks and queries into sparse vectors; stateless.

    `average_words` is the length of a usual chunk: longer ones weigh their words less.
    """

    def __init__(self, average_words: float) -> None:
        self._bm25 = Bm25(
            Bm25Config(avg_len=average_words, language="english", tokenizer=TokenizerType.Word)
        )

    def encode_document(self, text: str) -> SparseVector:
        """Weights of a chunk's words by how often they occur in it; empty without words."""
        encoded = self._bm25.embed_document(_prepared(text, single_ideographs=True))
        return SparseVector(tuple(encoded.indices), tuple(encoded.values))

    def encode_query(self, text: str) -> SparseVector:
        """Weight 1 for every word of a query; empty without words."""
        encoded = self._bm25.embed_query(_prepared(text, single_ideographs=False))
        return SparseVector(tuple(encoded.indices), tuple(encoded.values))


def _prepared(text: str, *, single_ideographs: bool) -> str:
    # Folding takes Korean syllables apart; NFC puts them together again.
    folded = unicodedata.normalize("NFC", fold(without_nul(text[:_MAX_CHARACTERS])))
    if folded.isascii():
        return folded

    def spaced(run: re.Match[str]) -> str:
        characters = run.group()
        if len(characters) == 1:
            return f" {characters} "
        pieces = [first + second for first, second in pairwise(characters)]
        if single_ideographs:
            # One ideograph may be a whole word, and a query for it has no pair.
            pieces += _IDEOGRAPH.findall(characters)
        return f" {' '.join(pieces)} "

    return _UNSPACED.sub(spaced, folded)
