"""What rounds on one running product have in common."""

from collections.abc import Iterable

from tests.assembly import Assembly
from tests.loops.clients import Clients
from tests.loops.files import Sample
from tests.loops.ledger import Entry, Ledger
from tests.loops.leftovers import Leftovers
from tests.loops.uploads import PlannedUpload


class Rounds:
    """The product, the clients with their ledger, and what earlier rounds have uploaded.

    Each round is drawn from the seed and its number alone; `patience` is how many seconds
    everything may take to get ready.
    """

    def __init__(self, assembly: Assembly, ledger: Ledger, seed: str, patience: float) -> None:
        self._assembly = assembly
        self._ledger = ledger
        self._seed = seed
        self._patience = patience
        self._clients = Clients(assembly.base_url, ledger)
        self._known: list[Sample] = []
        self._leftovers = Leftovers(assembly)

    def _entries(self, uploads: Iterable[PlannedUpload]) -> list[Entry]:
        """What the ledger knows of these files, each once."""
        return [
            self._ledger.entries[sha256]
            for sha256 in dict.fromkeys(upload.sample.sha256 for upload in uploads)
        ]
