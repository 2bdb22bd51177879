"""Queries about the one stored choice of an AI provider."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from docuvault.db.models import AIChoice
from docuvault.db.session import AsyncSession
from docuvault.db.types import clock_now


@dataclass(frozen=True, slots=True)
class StoredAIChoice:
    """What is stored; `sealed_key` is an encrypted API key."""

    provider: str
    model: str
    base_url: str
    system_prompt: str
    max_characters: int
    sealed_key: bytes | None


class AIChoiceRepository:
    """One row at most; writers hold the owner's row, so that there is one at a time."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def stamp(self) -> tuple[int, datetime] | None:
        """Another value after every change; None while nothing is stored."""
        found = await self._session.execute(select(AIChoice.version, AIChoice.updated_at))
        row = found.one_or_none()
        # Versions begin anew after a removal, moments do not.
        return None if row is None else (row.version, row.updated_at)

    async def get(self) -> StoredAIChoice | None:
        """What is stored, if anything is."""
        row = await self._session.scalar(select(AIChoice).execution_options(populate_existing=True))
        if row is None:
            return None
        return StoredAIChoice(
            provider=row.provider,
            model=row.model,
            base_url=row.base_url,
            system_prompt=row.system_prompt,
            max_characters=row.max_characters,
            sealed_key=row.sealed_key,
        )

    async def put(self, choice: StoredAIChoice) -> None:
        """Store this in place of what is there."""
        values: dict[str, Any] = {
            "provider": choice.provider,
            "model": choice.model,
            "base_url": choice.base_url,
            "system_prompt": choice.system_prompt,
            "max_characters": choice.max_characters,
            "sealed_key": choice.sealed_key,
            "updated_at": clock_now(),
        }
        version = await self._session.scalar(select(AIChoice.version))
        if version is None:
            await self._session.execute(insert(AIChoice).values(id=1, version=1, **values))
        else:
            await self._session.execute(
                update(AIChoice)
                .values(version=version + 1, **values)
                .execution_options(synchronize_session=False)
            )

    async def remove(self) -> bool:
        """Forget what is stored; False when there was nothing."""
        removed = await self._session.execute(delete(AIChoice).returning(AIChoice.id))
        return removed.first() is not None
