"""Doing again what was done with less than everything, once more is possible."""

from collections.abc import Sequence

import structlog

from docuvault.config.operations import FallbackSettings
from docuvault.config.settings import QueueSettings
from docuvault.db.repositories.completion import CompletionRepository
from docuvault.db.repositories.stages import COMPLETE, Claim, Provision
from docuvault.db.session import Database
from docuvault.domain.errors import DocuVaultError, ErrorCode
from docuvault.domain.modes import Mode, below
from docuvault.fallback.circuit import CircuitState
from docuvault.fallback.manager import FallbackManager
from docuvault.pipeline.outcome import StageOutcome
from docuvault.queue.base import StageTask, TaskQueue

log = structlog.get_logger(__name__)

# So many stages at a time are made again, so that new documents do not wait behind an old outage.
_BATCH = 40
# After so many of its own each process looks whether the batch is nearly done.
_STRIDE = 5
# What a provider would not do is tried again no later than this.
_LONGEST_DELAY = 3600.0


class Completion:
    """Says when a provisional result is due, and has it made again when it is."""

    def __init__(
        self,
        database: Database,
        queue: TaskQueue,
        fallback: FallbackManager,
        settings: FallbackSettings,
        queue_settings: QueueSettings,
    ) -> None:
        self._database = database
        self._queue = queue
        self._fallback = fallback
        self._attempts = settings.completion_attempts
        self._backoff = queue_settings.backoff_seconds
        self._ended = 0

    def provision(self, claim: Claim, outcome: StageOutcome, mode: Mode) -> Provision:
        """How complete the outcome of a stage is that was run in this mode.

        What only waits for a better mode is due with it. What the provider failed at waits longer
        each time, and after so many tries the result stays as it is. An absent provider counts
        only while everything was to be had; an unusable answer tells of the document, always.
        """
        if outcome.mode is Mode.PRIMARY:
            return COMPLETE
        is_again = claim.mode is not Mode.PRIMARY and outcome.failure is not None
        counts = mode is Mode.PRIMARY or outcome.failure is ErrorCode.AI_INVALID_OUTPUT
        completions = claim.completions + (is_again and counts)
        if completions >= self._attempts:
            return Provision(outcome.mode, completions)
        # Where everything should have been possible, something is amiss that takes its time.
        waits = outcome.failure is not None or mode is Mode.PRIMARY
        delay = min(self._backoff * 4.0**completions, _LONGEST_DELAY) if waits else 0.0
        return Provision(outcome.mode, completions, delay)

    async def run(self) -> int:
        """Have the next batch made again, and one document as the trial of a half-open circuit.

        Returns how many documents have a stage to run again. Running it twice at once does no
        harm.
        """
        mode = await self._fallback.get_current_mode()
        reopened = await self._reopen(await self._possible(mode), _BATCH)
        if mode is not Mode.SAFE and await self._fallback.has_trial():
            reopened += await self._reopen([Mode.HEURISTIC], 1, due_only=False)
        if reopened:
            log.info("completion.reopened", documents=reopened, mode=mode.value)
        return reopened

    async def ended(self) -> None:
        """One provisional result was made again; have more reopened when the batch is nearly done.

        The hints go behind all that wait already, and there is about one batch of them at most: a
        new document waits no longer than it would behind a sweep's. What fails is left to the next
        sweep.
        """
        self._ended += 1
        if self._ended % _STRIDE:
            return
        try:
            mode = await self._fallback.get_current_mode()
            reopened = await self._reopen(await self._possible(mode), _BATCH, least=_BATCH // 2 + 1)
        except DocuVaultError as error:
            log.warning("completion.postponed", code=error.code.value)
            return
        if reopened:
            log.info("completion.reopened", documents=reopened, mode=mode.value)

    async def _possible(self, mode: Mode) -> list[Mode]:
        """The modes whose results can be made better now."""
        is_closed = await self._fallback.circuit.state() is CircuitState.CLOSED
        # While the provider rests, its share of the work would only be done locally once more.
        return [lower for lower in below(mode) if is_closed or lower is not Mode.HEURISTIC]

    async def _reopen(
        self, modes: Sequence[Mode], most: int, *, least: int = 1, due_only: bool = True
    ) -> int:
        """Fill up to `most` under completion, if there is room for at least so many."""
        if not modes:
            return 0
        async with self._database.reading() as session:
            rows = CompletionRepository(session)
            room = most - await rows.under_completion(modes)
            if room < least:
                return 0
            documents = await rows.provisional(modes, room, due_only=due_only)
        reopened = 0
        for document_id in documents:
            async with self._database.writing() as session:
                due = await CompletionRepository(session).complete(document_id, modes)
            if due is not None:
                await self._queue.send(StageTask(document_id, due))
                reopened += 1
        return reopened
