"""The AI provider that administrators choose in the vault; it stands above the environment's."""

from dataclasses import dataclass, replace
from typing import cast
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import SecretStr

from docuvault.ai.addresses import AddressRefused
from docuvault.ai.choice import (
    MODEL_MISSING,
    ProviderChoice,
    ProviderName,
    environment_address,
    environment_choice,
)
from docuvault.ai.factory import ClassifierFactory, is_of_environment
from docuvault.ai.guard import OutboundGuard
from docuvault.ai.trial import Trial, try_out
from docuvault.config.settings import Settings
from docuvault.db.repositories.ai_choice import AIChoiceRepository, StoredAIChoice
from docuvault.db.repositories.audit import record
from docuvault.db.repositories.locks import lock_owner
from docuvault.db.session import Database
from docuvault.documents.ai_keys import ProviderKeys, is_same_host
from docuvault.domain.errors import SENTENCES, ErrorCode, FieldError, InvalidInput


@dataclass(frozen=True, slots=True)
class AIDraft:
    """What a person wants to be chosen.

    An empty `base_url` means the provider's usual one. Without `api_key` the kept one stays if
    `keep_key` says so and it belongs to the same provider, scheme, host and port.
    """

    provider: ProviderName
    model: str = ""
    base_url: str = ""
    system_prompt: str = ""
    max_characters: int = 8000
    api_key: SecretStr | None = None
    keep_key: bool = True


class AIChoiceService:
    """Reads, changes and tries out the choice.

    Opens its own transactions, since host names are resolved before one may begin.
    """

    def __init__(
        self,
        database: Database,
        owner_id: UUID,
        settings: Settings,
        guard: OutboundGuard,
        factory: ClassifierFactory,
    ) -> None:
        self._database = database
        self._owner_id = owner_id
        self._environment = settings.ai
        self._keys = ProviderKeys(settings)
        self._guard = guard
        self._factory = factory

    async def stamp(self) -> object:
        """Another value after every change."""
        async with self._database.reading() as session:
            return await AIChoiceRepository(session).stamp()

    async def in_force(self) -> ProviderChoice:
        """What is stored, or what the environment says while nothing is."""
        async with self._database.reading() as session:
            row = await AIChoiceRepository(session).get()
        return environment_choice(self._environment) if row is None else self._choice_of(row)

    async def write(self, draft: AIDraft) -> ProviderChoice:
        """Store the draft in place of what is there.

        Raises `InvalidInput`: `url_not_allowed`, `validation_failed` for what is missing, and
        `invalid_entry` when the vault has no secret to seal a key with.
        """
        draft = await self._completed(draft)
        async with self._database.writing() as session:
            await lock_owner(session, self._owner_id)
            choices = AIChoiceRepository(session)
            row, key = self._merged(draft, await choices.get())
            choice = self._usable(row)
            await choices.put(row)
            await record(
                session,
                self._owner_id,
                "ai.changed",
                None,
                provider=choice.provider,
                model=choice.model,
                host=choice.host,
                key=key,
            )
        return choice

    async def reset(self) -> ProviderChoice:
        """Forget what is stored, its key too; the environment's settings are in force again."""
        async with self._database.writing() as session:
            await lock_owner(session, self._owner_id)
            if await AIChoiceRepository(session).remove():
                await record(session, self._owner_id, "ai.reset", None)
        return environment_choice(self._environment)

    async def try_out(self, draft: AIDraft | None = None) -> Trial:
        """Show a made-up document to the provider of the draft, or to the one in force.

        A kept key is used only where `write` would keep it. Raises `InvalidInput` as `write` does.
        """
        if draft is None:
            choice = await self.in_force()
        else:
            draft = await self._completed(draft)
            async with self._database.reading() as session:
                row, _ = self._merged(draft, await AIChoiceRepository(session).get())
            choice = self._usable(row)
        classifier = self._factory.create(choice)
        try:
            return await try_out(classifier)
        finally:
            if choice.text_leaves_the_vault:  # the local one is shared
                await classifier.close()

    async def _completed(self, draft: AIDraft) -> AIDraft:
        """The draft with what follows from its provider, and with an address that may be used."""
        if draft.provider == "local":
            return replace(draft, model="", base_url="", api_key=None, keep_key=False)
        if not draft.model:
            raise _missing("model", MODEL_MISSING)
        url = draft.base_url.rstrip("/") or environment_address(self._environment, draft.provider)
        if "@" in urlsplit(url).netloc:
            # Only keys are sealed; what stands in an address would lie in backups.
            raise InvalidInput(
                ErrorCode.URL_NOT_ALLOWED,
                "The address holds a user name or a password, which the vault does not store;"
                " such an address can only be used by the environment's settings.",
            )
        asked = ProviderChoice(draft.provider, base_url=url, is_stored=True)
        if not is_of_environment(asked, self._environment):
            try:
                await self._guard.check(url)
            except AddressRefused as error:
                raise InvalidInput(ErrorCode.URL_NOT_ALLOWED, str(error)) from None
        return replace(draft, base_url=url)

    def _merged(self, draft: AIDraft, before: StoredAIChoice | None) -> tuple[StoredAIChoice, str]:
        """The row to be, and what becomes of the key: `new`, `kept`, `cleared` or `none`."""
        kept = before.sealed_key if before is not None else None
        sealed, fate = None, "none" if kept is None else "cleared"
        if draft.api_key is not None:
            sealed, fate = self._keys.seal(draft.api_key, draft.provider, draft.base_url), "new"
        elif (
            draft.keep_key
            and before is not None
            and kept is not None
            and is_same_host(draft.provider, draft.base_url, before.provider, before.base_url)
        ):
            sealed, fate = kept, "kept"
        row = StoredAIChoice(
            provider=draft.provider,
            model=draft.model,
            base_url=draft.base_url,
            system_prompt=draft.system_prompt,
            max_characters=draft.max_characters,
            sealed_key=sealed,
        )
        return row, fate

    def _usable(self, row: StoredAIChoice) -> ProviderChoice:
        choice = self._choice_of(row)
        if choice.problem is not None:
            raise _missing("api_key", choice.problem)
        return choice

    def _choice_of(self, row: StoredAIChoice) -> ProviderChoice:
        provider = cast(ProviderName, row.provider)
        key, source = self._keys.find(provider, row.base_url, row.sealed_key)
        return ProviderChoice(
            provider=provider,
            model=row.model,
            base_url=row.base_url,
            api_key=key,
            system_prompt=row.system_prompt,
            max_characters=row.max_characters,
            is_stored=True,
            key_source=source,
        )


def _missing(field: str, sentence: str) -> InvalidInput:
    return InvalidInput(
        ErrorCode.VALIDATION_FAILED,
        f"{SENTENCES[ErrorCode.VALIDATION_FAILED]} {sentence}",
        errors=[FieldError(f"body.{field}", sentence)],
    )
