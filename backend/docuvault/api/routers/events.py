"""Live news (server-sent events): what changed, so that the page reads it again."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.sse import EventSourceResponse, ServerSentEvent

from docuvault.api.deps import OwnerDep, ResourcesDep
from docuvault.api.errors import problems
from docuvault.events.base import Event

router = APIRouter(prefix="/api/events", tags=["events"])


async def get_news(
    owner_id: OwnerDep, resources: ResourcesDep
) -> AsyncIterator[AsyncIterator[Event]]:
    """News of the owner, subscribed before the answer begins, so that an outage is still a 503."""
    async with resources.events.subscribe(owner_id) as news:
        yield news


@router.get(
    "", operation_id="stream_events", response_class=EventSourceResponse, responses=problems()
)
async def stream_events(
    news: Annotated[AsyncIterator[Event], Depends(get_news)],
) -> AsyncIterator[ServerSentEvent]:
    """`hello`, then `document`, `topic` and `rule` events with the id of what changed."""
    yield ServerSentEvent(event="hello", data={"kind": "hello", "id": ""})
    async for event in news:
        yield ServerSentEvent(event=event.kind, data={"kind": event.kind, "id": str(event.id)})
