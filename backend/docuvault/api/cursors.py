"""Cursors: a place in a list as text that clients keep and give back, and nothing else."""

import base64
import json
from datetime import UTC, datetime
from hashlib import blake2b
from uuid import UUID

from docuvault.db.repositories.listing import DocumentSort, ListPlace
from docuvault.domain.errors import ErrorCode, InvalidInput
from docuvault.domain.text import without_nul

# Room for a title of 255 characters, each of which JSON may write as six.
MAX_LENGTH = 2200
_SUM_BYTES = 8


def encode_cursor(place: ListPlace) -> str:
    """The place as text. It is no secret and no right: the owner filter stands beside it."""
    key = place.key.isoformat() if isinstance(place.key, datetime) else place.key
    content = json.dumps(
        [place.sort, key, place.id.hex], ensure_ascii=False, separators=(",", ":")
    ).encode()
    return base64.urlsafe_b64encode(_sum(content) + content).rstrip(b"=").decode()


def decode_cursor(text: str, sort: DocumentSort) -> ListPlace:
    """The place that the text names; `InvalidInput(bad_cursor)` for any text that we did not make.

    A cursor of another order is none of this list either.
    """
    try:
        place = _place(text)
        # Other texts may mean the same bytes.
        ours = place.sort is sort and encode_cursor(place) == text
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        ours = False
    if not ours:
        raise InvalidInput(ErrorCode.BAD_CURSOR)
    return place


def _place(text: str) -> ListPlace:
    raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    content = raw[_SUM_BYTES:]
    if _sum(content) != raw[:_SUM_BYTES]:
        raise ValueError("altered")
    name, key, document_id = json.loads(content)
    if key != without_nul(key):
        raise ValueError("no database holds this title")
    sort = DocumentSort(name)
    moment = datetime.fromisoformat(key).astimezone(UTC) if sort.by_time else key
    return ListPlace(sort, moment, UUID(document_id))


def _sum(content: bytes) -> bytes:
    return blake2b(content, digest_size=_SUM_BYTES).digest()
