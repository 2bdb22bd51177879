"""The classifier in force, the local one beside it, and the service that changes the choice."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from uuid import UUID

from docuvault.ai.base import Embedder
from docuvault.ai.chosen import ChosenClassifier
from docuvault.ai.factory import ClassifierFactory, checked_environment
from docuvault.ai.guard import OutboundGuard
from docuvault.ai.local_classifier import LocalClassifier
from docuvault.config.settings import Settings
from docuvault.db.session import Database
from docuvault.documents.ai_choice import AIChoiceService
from docuvault.key_value.base import Storage
from docuvault.key_value.limits import CallLimit

# Connection tests of one client address, and in how many seconds.
_TRIALS = 12
_TRIAL_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Classifying:
    """`chosen` follows what is stored; `local` is always there and needs nobody."""

    chosen: ChosenClassifier
    local: LocalClassifier
    choices: AIChoiceService
    trial_limit: CallLimit


async def open_classifying(
    stack: AsyncExitStack,
    settings: Settings,
    database: Database,
    owner_id: UUID,
    embedder: Embedder,
    key_value: Storage,
) -> Classifying:
    """Everything that proposes topics, with the choice in force looked up.

    Raises `ConfigurationError` when the environment's provider lacks a model, key or address.
    """
    checked_environment(settings.ai)
    local = LocalClassifier(embedder, settings.ai)
    stack.push_async_callback(local.close)
    guard = OutboundGuard(settings.ai.allowed_hosts)
    factory = ClassifierFactory(settings.ai, local, guard)
    choices = AIChoiceService(database, owner_id, settings, guard, factory)
    chosen = ChosenClassifier(choices, factory.create)
    stack.push_async_callback(chosen.close)
    await chosen.choice()
    limit = CallLimit(key_value, "ai-test", calls=_TRIALS, seconds=_TRIAL_SECONDS)
    return Classifying(chosen, local, choices, limit)
