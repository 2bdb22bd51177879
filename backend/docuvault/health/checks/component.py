"""A part that cannot be asked: somebody else says how it is."""

from docuvault.health.base import WORKS, BaseHealthCheck, Finding


class ComponentHealthCheck(BaseHealthCheck):
    """Well until told otherwise."""

    def __init__(self, name: str, *, suffers: str = "", works: str = "") -> None:
        super().__init__(name, suffers=suffers, works=works)
        self._finding = WORKS

    def set(self, finding: Finding) -> None:
        """Say how the part is from now on."""
        self._finding = finding

    async def _perform_check(self) -> Finding:
        return self._finding
