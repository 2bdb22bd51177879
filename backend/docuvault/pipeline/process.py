"""Running one stage of one document: claim, work under a lease, write behind the fence, hand on."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import structlog

from docuvault.config.settings import QueueSettings
from docuvault.db.repositories.deletions import is_gone
from docuvault.db.repositories.stages import (
    Claim,
    Provision,
    StageDocument,
    StageRepository,
)
from docuvault.domain.documents import Stage, StageState
from docuvault.domain.errors import (
    SENTENCES,
    DependencyUnavailable,
    DocuVaultError,
    ErrorCode,
    InsufficientStorage,
)
from docuvault.domain.modes import Mode
from docuvault.events.base import Event, EventBus
from docuvault.pipeline.completion import Completion
from docuvault.pipeline.outcome import LeaseLost, StageOutcome
from docuvault.pipeline.parts import PipelineParts
from docuvault.pipeline.plans import PLANS
from docuvault.queue.base import StageTask, TaskQueue

log = structlog.get_logger(__name__)

# A dependency that stays away is asked again no less often than this.
_LONGEST_DELAY = 300.0
# How soon a database that was away is tried again with the end of a stage.
_REWRITE_SECONDS = 1.0

# Writes how a stage ended, whatever it was; gives the stage that is due next.
End = Callable[[], Awaitable[Stage | None]]


class StageRunner:
    """Idempotent: a doubled, late or lost hint changes nothing but time."""

    def __init__(
        self,
        parts: PipelineParts,
        queue: TaskQueue,
        events: EventBus,
        completion: Completion,
        settings: QueueSettings,
    ) -> None:
        self._parts = parts
        self._completion = completion
        self._queue = queue
        self._events = events
        self._settings = settings

    async def run(self, task: StageTask) -> None:
        """Do the stage if it is due and nobody has it."""
        claimed = await self._claim(task)
        if claimed is None:
            return
        claim, document = claimed
        with structlog.contextvars.bound_contextvars(
            document_id=str(claim.document_id),
            stage=claim.stage.value,
            generation=claim.generation,
            attempt=claim.attempts,
        ):
            await self._announce(document)
            try:
                following = await self._write(await self._work(claim, document))
            except LeaseLost:
                log.warning("stage.lease_lost")
                await self._clean_up_if_gone(claim)
                return
            except asyncio.CancelledError:
                await self._give_back(claim)
                raise
            except DocuVaultError:
                raise
            except Exception:
                # A fault while the result was written; left alone it would be taken for a crash.
                following = await self._write(self._unforeseen(claim))
            await self._announce(document)
            if following is not None:
                await self._queue.send(StageTask(claim.document_id, following))
            if claim.mode is not Mode.PRIMARY:
                await self._completion.ended()

    async def _claim(self, task: StageTask) -> tuple[Claim, StageDocument] | None:
        async with self._parts.database.writing(brief=True) as session:
            stages = StageRepository(session)
            claim = await stages.claim(task.document_id, task.stage, self._settings.lease_seconds)
            document = await stages.document_of(claim) if claim else None
        return (claim, document) if claim and document else None

    async def _work(self, claim: Claim, document: StageDocument) -> End:
        """Run the step; returns what is to be written of it."""
        if claim.crashes >= self._settings.max_crashes:
            return partial(
                self._fail, claim, ErrorCode.WORKER_DIED, SENTENCES[ErrorCode.WORKER_DIED]
            )
        try:
            async with self._lease(claim), asyncio.timeout(self._settings.stage_seconds):
                mode = await self._parts.fallback.get_current_mode()
                outcome = await PLANS[mode][claim.stage](self._parts, claim, document)
        except LeaseLost:
            raise
        except TimeoutError:
            # Embedding keeps its progress, so another try may well come to the end.
            end = self._fail if claim.attempts >= self._settings.max_attempts else self._postpone
            return partial(
                end, claim, ErrorCode.STAGE_FAILED, "This step took too long and was stopped."
            )
        except DocuVaultError as error:
            end = self._postpone if error.transient else self._fail
            return partial(end, claim, error.code, error.detail)
        except Exception:
            return self._unforeseen(claim)
        provision = self._completion.provision(claim, outcome, mode)
        return partial(self._finish, claim, outcome, provision)

    def _unforeseen(self, claim: Claim) -> End:
        """Called while an exception is handled that nobody foresaw."""
        log.exception("stage.failed_unexpectedly")
        end = self._fail if claim.attempts >= self._settings.max_attempts else self._postpone
        return partial(end, claim, ErrorCode.STAGE_FAILED, SENTENCES[ErrorCode.STAGE_FAILED])

    async def _write(self, end: End) -> Stage | None:
        """Write the end; a database that is away is waited for as long as the lease lasts.

        Nothing is written twice: the first write that arrives ends the lease.
        """
        deadline = time.monotonic() + self._settings.lease_seconds
        while True:
            try:
                return await end()
            except (DependencyUnavailable, InsufficientStorage):
                if time.monotonic() >= deadline:
                    raise
                await asyncio.sleep(_REWRITE_SECONDS)

    async def _finish(
        self, claim: Claim, outcome: StageOutcome, provision: Provision
    ) -> Stage | None:
        state = StageState.SKIPPED if outcome.skipped else StageState.DONE
        result = outcome.result
        if provision.mode is not Mode.PRIMARY and provision.due_seconds is None:
            result = {**result, "ai_skipped": True}
        async with self._parts.database.writing() as session:
            stages = StageRepository(session)
            if not await stages.finish(
                claim, state, code=outcome.skipped, result=result, provision=provision
            ):
                raise LeaseLost
            await outcome.write(session)
            if claim.stage is Stage.CLASSIFY and outcome.skipped is not ErrorCode.DEFERRED:
                # The index holds the topics; where it was written before them, it is written again.
                following = await stages.reopen(claim.document_id, [Stage.EMBED])
            else:
                following = await stages.open_next(claim.document_id)
                await stages.refresh_status(claim.document_id)
        log.info("stage.finished", state=state.value, mode=provision.mode.value, **result)
        return following

    async def _fail(self, claim: Claim, code: ErrorCode, detail: str) -> Stage | None:
        async with self._parts.database.writing() as session:
            stages = StageRepository(session)
            if not await stages.fail(claim, code, detail):
                raise LeaseLost
            following = None
            if claim.stage is Stage.EXTRACT:
                await stages.skip_rest(claim.document_id, ErrorCode.NO_TEXT)
            else:
                following = await stages.open_next(claim.document_id)
            await stages.refresh_status(claim.document_id)
        log.warning("stage.failed", code=code.value)
        return following

    async def _postpone(self, claim: Claim, code: ErrorCode, detail: str) -> Stage | None:
        delay = min(
            self._settings.backoff_seconds * 4 ** min(claim.attempts - 1, 6), _LONGEST_DELAY
        )
        async with self._parts.database.writing() as session:
            stages = StageRepository(session)
            if not await stages.postpone(claim, code, detail, delay):
                raise LeaseLost
            following = None
            if claim.stage is Stage.CLASSIFY:
                # A provider that is away must not keep the document out of the index.
                following = await stages.open_after(claim.document_id, claim.stage)
            await stages.refresh_status(claim.document_id)
        log.warning("stage.postponed", code=code.value, delay_seconds=delay)
        return following

    @asynccontextmanager
    async def _lease(self, claim: Claim) -> AsyncIterator[None]:
        """Renew the lease while the block runs; losing it cancels the block."""
        worker = asyncio.current_task()
        lost = False

        async def renew() -> None:
            nonlocal lost
            while True:
                await asyncio.sleep(self._settings.heartbeat_seconds)
                try:
                    async with self._parts.database.writing() as session:
                        held = await StageRepository(session).renew(
                            claim, self._settings.lease_seconds
                        )
                except DocuVaultError:
                    # The lease outlives some missed renewals; the fence guards the result anyway.
                    continue
                if not held and worker is not None:
                    lost = True
                    worker.cancel()
                    return

        heartbeat = asyncio.create_task(renew())
        try:
            yield
        except asyncio.CancelledError:
            # Whoever else wants this task to end must not be overheard.
            if lost and worker is not None and worker.uncancel() == 0:
                raise LeaseLost from None
            raise
        finally:
            heartbeat.cancel()
            await asyncio.gather(heartbeat, return_exceptions=True)

    async def _give_back(self, claim: Claim) -> None:
        """Stopped on purpose is not crashed: the next start takes the stage up at once."""
        try:
            async with self._parts.database.writing() as session:
                stages = StageRepository(session)
                given_back = await stages.give_back(claim)
                if given_back:
                    await stages.refresh_status(claim.document_id)
            if not given_back:
                await self._clean_up_if_gone(claim)
        except DocuVaultError as error:
            log.warning("stage.not_given_back", code=error.code.value)

    async def _clean_up_if_gone(self, claim: Claim) -> None:
        """A late worker may have written vectors of a document that was deleted meanwhile."""
        async with self._parts.database.reading() as session:
            gone = await is_gone(session, claim.document_id)
        if gone:
            await self._parts.indexer.remove(claim.document_id)

    async def _announce(self, document: StageDocument) -> None:
        await self._events.publish(Event(document.owner_id, "document", document.id))
