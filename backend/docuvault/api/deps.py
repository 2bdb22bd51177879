"""What routes ask for: resources, sessions whose commit precedes the answer, services, ids.

All are coroutines, also those that wait for nothing: plain functions would be run in a thread.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Request

from docuvault.bootstrap.resources import Resources
from docuvault.db.session import AsyncSession
from docuvault.documents.rule_trial import RuleTrial
from docuvault.documents.rules import RuleService
from docuvault.documents.service import DocumentService
from docuvault.documents.topics import TopicService
from docuvault.domain.errors import NotFound
from docuvault.events.pending import PendingEvents
from docuvault.queue.pending import PendingTasks


async def get_resources(request: Request) -> Resources:
    """The resources of this process."""
    resources: Resources = request.app.state.resources
    return resources


ResourcesDep = Annotated[Resources, Depends(get_resources)]


async def get_owner_id(resources: ResourcesDep) -> UUID:
    """On whose behalf the request acts; until accounts come there is one owner."""
    return resources.owner_id


OwnerDep = Annotated[UUID, Depends(get_owner_id)]


class UnitOfWork:
    """One transaction with the tasks and events that wait for its commit."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self.tasks = PendingTasks()
        self.events = PendingEvents()


async def get_unit_of_work(resources: ResourcesDep) -> AsyncIterator[UnitOfWork]:
    """Commits before the answer is sent (function scope), then tells queue and listeners."""
    async with resources.database.writing() as session:
        unit = UnitOfWork(session)
        yield unit
    # Side by side: a Redis that hangs costs the time of one.
    await asyncio.gather(unit.tasks.flush(resources.queue), unit.events.flush(resources.events))


async def get_db(resources: ResourcesDep) -> AsyncIterator[AsyncSession]:
    """A session for queries only."""
    async with resources.database.reading() as session:
        yield session


WriteDep = Annotated[UnitOfWork, Depends(get_unit_of_work, scope="function")]
ReadDep = Annotated[AsyncSession, Depends(get_db, scope="function")]


async def get_documents(unit: WriteDep, owner_id: OwnerDep) -> DocumentService:
    """Documents, for changing them."""
    return DocumentService(unit.session, owner_id, unit.tasks, unit.events)


async def get_documents_reader(session: ReadDep, owner_id: OwnerDep) -> DocumentService:
    """Documents, for looking at them."""
    return DocumentService(session, owner_id, PendingTasks(), PendingEvents())


async def get_topics(unit: WriteDep, owner_id: OwnerDep) -> TopicService:
    """Topics, for changing them."""
    return TopicService(unit.session, owner_id, unit.tasks, unit.events)


async def get_topics_reader(session: ReadDep, owner_id: OwnerDep) -> TopicService:
    """Topics, for looking at them."""
    return TopicService(session, owner_id, PendingTasks(), PendingEvents())


async def get_rules(unit: WriteDep, owner_id: OwnerDep) -> RuleService:
    """Routing rules, for changing them."""
    return RuleService(unit.session, owner_id, unit.events)


async def get_rules_reader(session: ReadDep, owner_id: OwnerDep) -> RuleService:
    """Routing rules, for looking at them."""
    return RuleService(session, owner_id, PendingEvents())


async def get_rule_trial(session: ReadDep, owner_id: OwnerDep) -> RuleTrial:
    """Routing rules, for trying them on documents."""
    return RuleTrial(session, owner_id)


DocumentsDep = Annotated[DocumentService, Depends(get_documents)]
DocumentsReadDep = Annotated[DocumentService, Depends(get_documents_reader)]
TopicsDep = Annotated[TopicService, Depends(get_topics)]
TopicsReadDep = Annotated[TopicService, Depends(get_topics_reader)]
RulesDep = Annotated[RuleService, Depends(get_rules)]
RulesReadDep = Annotated[RuleService, Depends(get_rules_reader)]
RuleTrialDep = Annotated[RuleTrial, Depends(get_rule_trial)]


def _parse(text: str) -> UUID:
    """An id that is no id is answered like one that is unknown."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound() from None


async def get_document_id(
    document_id: Annotated[str, Path(json_schema_extra={"format": "uuid"})],
) -> UUID:
    """The document named in the path."""
    return _parse(document_id)


async def get_topic_id(
    topic_id: Annotated[str, Path(json_schema_extra={"format": "uuid"})],
) -> UUID:
    """The topic named in the path."""
    return _parse(topic_id)


async def get_rule_id(
    rule_id: Annotated[str, Path(json_schema_extra={"format": "uuid"})],
) -> UUID:
    """The rule named in the path."""
    return _parse(rule_id)


DocumentId = Annotated[UUID, Depends(get_document_id)]
TopicId = Annotated[UUID, Depends(get_topic_id)]
RuleId = Annotated[UUID, Depends(get_rule_id)]
