"""Topics: the owner's own words for what documents are about."""

from fastapi import APIRouter, Response

from docuvault.api.deps import TopicId, TopicsDep, TopicsReadDep
from docuvault.api.errors import problems
from docuvault.api.presenting import present_topic
from docuvault.api.schemas.topics import TopicCreate, TopicList, TopicOut, TopicUpdate

router = APIRouter(prefix="/api/topics", tags=["topics"])


@router.get("", operation_id="list_topics", responses=problems())
async def list_topics(topics: TopicsReadDep) -> TopicList:
    """All topics by name, with how many documents have each."""
    return TopicList(topics=[present_topic(counted) for counted in await topics.all()])


@router.post(
    "",
    operation_id="create_topic",
    status_code=201,
    responses=problems(409),
)
async def create_topic(new: TopicCreate, topics: TopicsDep) -> TopicOut:
    """A new topic."""
    return present_topic(await topics.create(new.name, new.description, new.color))


@router.get("/{topic_id}", operation_id="get_topic", responses=problems(404))
async def get_topic(topic_id: TopicId, topics: TopicsReadDep) -> TopicOut:
    """One topic."""
    return present_topic(await topics.get(topic_id))


@router.patch(
    "/{topic_id}",
    operation_id="update_topic",
    responses=problems(404, 409),
)
async def update_topic(topic_id: TopicId, changes: TopicUpdate, topics: TopicsDep) -> TopicOut:
    """Change what is given."""
    changed = await topics.change(
        topic_id, name=changes.name, description=changes.description, color=changes.color
    )
    return present_topic(changed)


@router.delete("/{topic_id}", operation_id="delete_topic", status_code=204, responses=problems(404))
async def delete_topic(topic_id: TopicId, topics: TopicsDep) -> Response:
    """Remove the topic; the documents stay."""
    await topics.delete(topic_id)
    return Response(status_code=204)
