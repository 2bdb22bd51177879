"""What people do with documents that are already there, inside the caller's transaction."""

from collections.abc import Sequence
from uuid import UUID

from docuvault.db.models import Document, Page
from docuvault.db.repositories.audit import record
from docuvault.db.repositories.deletions import DeletionRepository
from docuvault.db.repositories.documents import DocumentRepository
from docuvault.db.repositories.listing import (
    DocumentFilter,
    DocumentListing,
    DocumentSort,
    DocumentWindow,
    ListPlace,
)
from docuvault.db.repositories.stages import StageRepository
from docuvault.db.repositories.topics import TopicRepository
from docuvault.db.session import AsyncSession
from docuvault.domain.documents import STAGE_ORDER, Stage, StageState
from docuvault.domain.errors import Conflict, ErrorCode, FieldError, InvalidInput, NotFound
from docuvault.events.base import Event
from docuvault.events.pending import PendingEvents
from docuvault.queue.base import PurgeTask, StageTask
from docuvault.queue.pending import PendingTasks


class DocumentService:
    """Documents of one owner; tasks and events go out after the caller's commit."""

    def __init__(
        self, session: AsyncSession, owner_id: UUID, tasks: PendingTasks, events: PendingEvents
    ) -> None:
        self._session = session
        self._owner_id = owner_id
        self._tasks = tasks
        self._events = events
        self._documents = DocumentRepository(session, owner_id)
        self._listing = DocumentListing(session, owner_id)

    async def get(self, document_id: UUID) -> Document:
        """One document with its stages and topics, or `NotFound`."""
        document = await self._documents.get(document_id)
        if document is None:
            raise NotFound()
        return document

    async def page(
        self, filter_: DocumentFilter, sort: DocumentSort, *, page: int, per_page: int
    ) -> DocumentWindow:
        """One page of the list; pages count from 1."""
        return await self._listing.page(filter_, sort, offset=(page - 1) * per_page, limit=per_page)

    async def after(
        self, filter_: DocumentFilter, place: ListPlace, *, per_page: int
    ) -> DocumentWindow:
        """As many documents that follow a place of the list."""
        return await self._listing.after(filter_, place, limit=per_page)

    async def text(self, document_id: UUID, page: int | None) -> tuple[Document, Sequence[Page]]:
        """The document and its pages of text, or the one page asked for."""
        document = await self.get(document_id)
        return document, await self._documents.pages(document_id, page)

    async def change(
        self,
        document_id: UUID,
        *,
        title: str | None,
        topic_ids: Sequence[UUID] | None,
        needs_review: bool | None = None,
    ) -> Document:
        """Correct what is given; what people say stands above any classifier and any rule."""
        document = await self.get(document_id)
        if title is not None:
            await self._documents.set_title(document_id, title)
        if topic_ids is not None:
            await self._set_topics(document_id, list(dict.fromkeys(topic_ids)))
        if needs_review is not None:
            await self._documents.set_needs_review(document_id, needs_review)
        given = {"title": title, "topics": topic_ids, "needs_review": needs_review}
        fields = [name for name, value in given.items() if value is not None]
        if fields:
            indexed = title is not None or topic_ids is not None
            if indexed and _state(document, Stage.EXTRACT) is not StageState.FAILED:
                # The index holds title words and topics of the document.
                await self._run_again(document_id, [Stage.EMBED])
            self._events.add(Event(self._owner_id, "document", document_id))
            await record(
                self._session,
                self._owner_id,
                "document.changed",
                document_id,
                fields=fields,
            )
        return await self._reread(document_id)

    async def classify(self, document_id: UUID) -> Document:
        """Let the classifier look at the document again."""
        document = await self.get(document_id)
        if _state(document, Stage.EXTRACT) is not StageState.DONE:
            raise Conflict(
                ErrorCode.STILL_PROCESSING,
                "Topics can be found once the text of the document has been read.",
            )
        await self._run_again(document_id, [Stage.CLASSIFY, Stage.EMBED])
        return await self._reread(document_id)

    async def retry(self, document_id: UUID) -> Document:
        """Run the first failed stage again, and all after it."""
        document = await self.get(document_id)
        failed = [stage for stage in STAGE_ORDER if _state(document, stage) is StageState.FAILED]
        if not failed:
            raise Conflict(ErrorCode.NOTHING_TO_RETRY)
        await self._run_again(
            document_id, STAGE_ORDER[STAGE_ORDER.index(failed[0]) :], asked_for_only=True
        )
        await record(self._session, self._owner_id, "document.retried", document_id)
        return await self._reread(document_id)

    async def delete(self, document_id: UUID) -> None:
        """Take the document out of sight at once; its bytes and vectors follow."""
        if not await DeletionRepository(self._session, self._owner_id).hide(document_id):
            raise NotFound()
        await record(self._session, self._owner_id, "document.deleted", document_id)
        self._tasks.add(PurgeTask(document_id))
        self._events.add(Event(self._owner_id, "document", document_id))

    async def _set_topics(self, document_id: UUID, topic_ids: Sequence[UUID]) -> None:
        topics = TopicRepository(self._session, self._owner_id)
        unknown = set(topic_ids) - await topics.existing(topic_ids)
        if unknown:
            raise InvalidInput(
                ErrorCode.VALIDATION_FAILED,
                errors=[FieldError("body.topic_ids", f"There is no topic {unknown.pop()}.")],
            )
        await topics.set_by_user(document_id, topic_ids)

    async def _run_again(
        self, document_id: UUID, stages: Sequence[Stage], *, asked_for_only: bool = False
    ) -> None:
        due = await StageRepository(self._session).reopen(
            document_id, stages, asked_for_only=asked_for_only
        )
        if due is not None:
            self._tasks.add(StageTask(document_id, due))
        self._events.add(Event(self._owner_id, "document", document_id))

    async def _reread(self, document_id: UUID) -> Document:
        self._session.expire_all()
        return await self.get(document_id)


def _state(document: Document, stage: Stage) -> StageState:
    return next(StageState(record.state) for record in document.stages if record.stage == stage)
