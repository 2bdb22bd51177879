"""Live news (server-sent events): what changed, so that the page reads it again."""

from collections.abc import AsyncIterator

from fastapi import APIRouter
from fastapi.sse import EventSourceResponse, ServerSentEvent

from docuvault.api.deps import OwnerDep, ResourcesDep
from docuvault.api.errors import problems

router = APIRouter(prefix="/api/events", tags=["events"])


@router.get(
    "", operation_id="stream_events", response_class=EventSourceResponse, responses=problems()
)
async def stream_events(
    owner_id: OwnerDep, resources: ResourcesDep
) -> AsyncIterator[ServerSentEvent]:
    """Events named `document` and `topic` with the id of what changed; `hello` comes first."""
    async with resources.events.subscribe(owner_id) as news:
        yield ServerSentEvent(event="hello", data={"kind": "hello", "id": ""})
        async for event in news:
            yield ServerSentEvent(event=event.kind, data={"kind": event.kind, "id": str(event.id)})
