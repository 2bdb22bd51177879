"""What people do with topics, inside the caller's transaction."""

from uuid import UUID

from docuvault.db.repositories.audit import record
from docuvault.db.repositories.stages import StageRepository
from docuvault.db.repositories.topics import TopicCount, TopicRepository
from docuvault.db.session import AsyncSession, DuplicateRow
from docuvault.domain.documents import Stage
from docuvault.domain.errors import Conflict, ErrorCode, NotFound
from docuvault.events.base import Event
from docuvault.events.pending import PendingEvents
from docuvault.queue.base import StageTask
from docuvault.queue.pending import PendingTasks


class TopicService:
    """Topics of one owner; tasks and events go out after the caller's commit."""

    def __init__(
        self, session: AsyncSession, owner_id: UUID, tasks: PendingTasks, events: PendingEvents
    ) -> None:
        self._session = session
        self._owner_id = owner_id
        self._tasks = tasks
        self._events = events
        self._topics = TopicRepository(session, owner_id)

    async def all(self) -> list[TopicCount]:
        """All topics by name."""
        return await self._topics.all()

    async def get(self, topic_id: UUID) -> TopicCount:
        """One topic, or `NotFound`."""
        found = await self._topics.get(topic_id)
        if found is None:
            raise NotFound()
        return found

    async def create(self, name: str, description: str, color: str) -> TopicCount:
        """A new topic; names are unique whatever their case and accents."""
        await self._require_free(name, None)
        try:
            topic = await self._topics.add(name, description, color)
        except DuplicateRow:
            raise Conflict(ErrorCode.TOPIC_EXISTS) from None
        await record(self._session, self._owner_id, "topic.created", topic.id)
        self._events.add(Event(self._owner_id, "topic", topic.id))
        return await self.get(topic.id)

    async def change(
        self, topic_id: UUID, *, name: str | None, description: str | None, color: str | None
    ) -> TopicCount:
        """Change what is given."""
        await self.get(topic_id)
        if name is not None:
            await self._require_free(name, topic_id)
        try:
            await self._topics.change(topic_id, name=name, description=description, color=color)
        except DuplicateRow:
            raise Conflict(ErrorCode.TOPIC_EXISTS) from None
        await record(self._session, self._owner_id, "topic.changed", topic_id)
        self._events.add(Event(self._owner_id, "topic", topic_id))
        self._session.expire_all()
        return await self.get(topic_id)

    async def delete(self, topic_id: UUID) -> None:
        """Remove the topic; the documents stay and lose it."""
        await self.get(topic_id)
        # The documents before the topic: the order in which everybody locks rows.
        stages = StageRepository(self._session)
        for document_id in await self._topics.documents_with(topic_id):
            due = await stages.reopen(document_id, [Stage.EMBED])
            if due is not None:
                self._tasks.add(StageTask(document_id, due))
            self._events.add(Event(self._owner_id, "document", document_id))
        await self._topics.remove(topic_id)
        await record(self._session, self._owner_id, "topic.deleted", topic_id)
        self._events.add(Event(self._owner_id, "topic", topic_id))

    async def _require_free(self, name: str, topic_id: UUID | None) -> None:
        present = await self._topics.find_by_name(name)
        if present is not None and present.id != topic_id:
            raise Conflict(
                ErrorCode.TOPIC_EXISTS, f"There is already a topic named {present.name}."
            )
