"""Decides the mode from time to time, out of what health, circuit and backlog say."""

from docuvault.config.operations import FallbackSettings
from docuvault.domain.errors import DocuVaultError
from docuvault.domain.modes import Mode
from docuvault.fallback.circuit import CircuitState
from docuvault.fallback.manager import FallbackManager
from docuvault.fallback.policy import Facts
from docuvault.health.backlog import BacklogReader
from docuvault.health.monitor import HealthMonitor
from docuvault.pipeline.answers import ProviderAnswers
from docuvault.pipeline.repeating import repeat

# Parts that may be away without any document being enriched with less.
_NOT_OF_ENRICHMENT = frozenset({"database", "storage", "disk", "queue"})


class ModeDecider:
    """One process of the vault runs it; more do no harm."""

    def __init__(
        self,
        fallback: FallbackManager,
        answers: ProviderAnswers,
        health: HealthMonitor,
        backlog: BacklogReader,
        settings: FallbackSettings,
    ) -> None:
        self._fallback = fallback
        self._answers = answers
        self._health = health
        self._backlog = backlog
        self._settings = settings

    async def decide(self) -> Mode:
        """Gather the facts and decide; says what is in force now."""
        circuit = self._fallback.circuit
        if not await self._has_provider() and await circuit.state() is not CircuitState.CLOSED:
            # What was known of a provider that is gone must not hold anything back.
            await circuit.reset()
        return await self._fallback.cascade(await self.facts())

    async def facts(self) -> Facts:
        """What the conditions of the settings ask about."""
        report = await self._health.report()
        circuit, failures = CircuitState.CLOSED, 0
        # Without a provider nobody can fail, and nobody will ever make a trial.
        if await self._has_provider():
            circuit = await self._fallback.circuit.state()
            failures = await self._fallback.circuit.failures()
        return Facts(
            ai_circuit=circuit.value,
            ai_failures=failures,
            failed_components=len(set(report.failed()) - _NOT_OF_ENRICHMENT),
            queue_age=await self._queue_age(),
        )

    async def run(self) -> None:
        """Decide at the interval until cancelled; for a process without a beat."""
        await repeat(self.decide, self._settings.decide_seconds)

    async def _has_provider(self) -> bool:
        try:
            return await self._answers.has_provider()
        except DocuVaultError:
            # Who is in force cannot be looked up just now; what is known of a provider counts.
            return True

    async def _queue_age(self) -> float:
        try:
            return (await self._backlog.read()).oldest_seconds
        except DocuVaultError:
            return 0.0
