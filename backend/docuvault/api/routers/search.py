"""Search by words and by meaning."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from docuvault.api.deps import OwnerDep, ResourcesDep
from docuvault.api.errors import problems
from docuvault.api.schemas.search import SearchResults
from docuvault.domain.media_types import Family, members
from docuvault.domain.search import SearchMode
from docuvault.search.narrowing import Narrowing

router = APIRouter(prefix="/api/search", tags=["search"])


@router.get("", operation_id="search", responses=problems())
async def search(
    owner_id: OwnerDep,
    resources: ResourcesDep,
    q: Annotated[str, Query(min_length=1, max_length=1000)],
    mode: SearchMode = SearchMode.HYBRID,
    topic: UUID | None = None,
    type: Family | None = None,
    created_from: date | None = None,
    created_to: date | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0, le=1000)] = 0,
) -> SearchResults:
    """Documents that match, best first, each with its best page.

    Words, "exact phrases", beginnings* and -exclusions; days are days in UTC, both inclusive.
    """
    answer = await resources.search.search(
        owner_id,
        q,
        mode,
        Narrowing(
            topic_ids=(topic,) if topic else (),
            media_types=tuple(sorted(members(type))) if type else (),
            created_from=_midnight(created_from),
            created_before=_midnight(created_to, days=1),
        ),
        limit=limit,
        offset=offset,
    )
    return SearchResults.model_validate(
        {
            "query": q,
            "mode": mode,
            "hits": answer.hits,
            "has_more": answer.has_more,
            "degraded": answer.degraded,
        }
    )


def _midnight(day: date | None, days: int = 0) -> datetime | None:
    if day is None:
        return None
    try:
        return datetime.combine(day, time(tzinfo=UTC)) + timedelta(days=days)
    except OverflowError:
        return None
