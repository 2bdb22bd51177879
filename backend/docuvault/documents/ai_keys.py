"""API keys of providers at rest: sealed together with the host that they belong to."""

from pydantic import SecretStr

from docuvault.ai.addresses import AddressRefused, origin_of
from docuvault.ai.choice import (
    KeySource,
    ProviderName,
    environment_address,
    environment_key,
)
from docuvault.config.settings import Settings
from docuvault.db.sealing import Sealer
from docuvault.domain.errors import CorruptValue, ErrorCode, InvalidInput

_PURPOSE = "ai key"


class ProviderKeys:
    """Seals and opens keys, and knows which hosts the environment's own keys are for."""

    def __init__(self, settings: Settings) -> None:
        secret = settings.secret_key
        self._sealer = Sealer(secret.get_secret_value(), _PURPOSE) if secret is not None else None
        self._ai = settings.ai

    def seal(self, key: SecretStr, provider: ProviderName, base_url: str) -> bytes:
        """The key for its row; raises `InvalidInput(invalid_entry)` without a secret to seal by."""
        if self._sealer is None:
            raise InvalidInput(
                ErrorCode.INVALID_ENTRY,
                "The vault cannot keep a key: DOCUVAULT_SECRET_KEY is not set.",
            )
        return self._sealer.seal(f"{_owner_of(provider, base_url)}\n{key.get_secret_value()}")

    def find(
        self, provider: ProviderName, base_url: str, sealed: bytes | None
    ) -> tuple[SecretStr | None, KeySource]:
        """The key for this provider at this address: the kept one, else the environment's own."""
        owner = _owner_of(provider, base_url)
        if sealed is not None:
            opened = self._open(sealed)
            if opened is not None and opened[0] == owner:
                return SecretStr(opened[1]), "stored"
        if owner == _owner_of(provider, environment_address(self._ai, provider)):
            key = environment_key(self._ai, provider)
            if key is not None:
                return key, "environment"
        return None, "none" if sealed is None else "unreadable"

    def _open(self, sealed: bytes) -> tuple[str, str] | None:
        """Whom the key belongs to, and the key; None when it was sealed under another secret."""
        if self._sealer is None:
            return None
        try:
            owner, _, key = self._sealer.open(sealed).partition("\n")
        except CorruptValue:
            return None
        return owner, key


def is_same_host(provider: str, base_url: str, other_provider: str, other_base_url: str) -> bool:
    """Whether both are the same provider at the same scheme, host and port."""
    return _owner_of(provider, base_url) == _owner_of(other_provider, other_base_url)


def _owner_of(provider: str, base_url: str) -> str:
    try:
        return f"{provider} {origin_of(base_url)}"
    except AddressRefused:
        # Addresses of the environment may be spelled in ways that people may not use here.
        return f"{provider} {base_url}"
