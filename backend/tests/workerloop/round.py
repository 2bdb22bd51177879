"""One round: many upload at once, something happens to workers or Redis, all is looked at."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.assembly import Assembly
from tests.loops import verify
from tests.loops.doctor import examine
from tests.loops.files import Sample
from tests.loops.ledger import Ledger, contradictions
from tests.loops.processes import orphans, restart_what_died
from tests.loops.rounds import Rounds
from tests.loops.uploads import PlannedUpload, draw_uploads, small_ones
from tests.messages import broker_of, waiting_messages
from tests.recovery import texts
from tests.vault import Vault
from tests.workerloop.faults import Outcome, Scene, draw_fault
from tests.workerloop.journal import Journal
from tests.workerloop.rows import Rows

_LATEST = 2.5
_ORPHAN_SECONDS = 40.0
_LATE_SECONDS = 30.0
_POLL_SECONDS = 0.1
# Lines of the text that somebody is at work on for some seconds.
_LONG = 400


@dataclass(slots=True)
class Report:
    """What happened in a round; `overtaken` and `fenced` count runs that came too late."""

    fault: str
    after: float
    acknowledged: int = 0
    recovery: float = 0.0
    seconds: float = 0.0
    overtaken: int = 0
    fenced: int = 0
    standins: int = 0
    violations: list[str] = field(default_factory=list)

    def line(self) -> str:
        """For the progress display."""
        return (
            f"{self.fault:<19} at {self.after:3.1f} s  {self.acknowledged} acknowledged,"
            f" {self.overtaken} overtaken, {self.fenced} fenced out, {self.standins} stood in;"
            f" ready {self.recovery:.1f} s later, round {self.seconds:.1f} s"
        )


class WorkerRounds(Rounds):
    """Rounds in each of which something happens to the workers or to Redis."""

    def __init__(self, assembly: Assembly, ledger: Ledger, seed: str, patience: float) -> None:
        super().__init__(assembly, ledger, seed, patience)
        self._gone: list[str] = []
        self._journal = Journal(assembly)
        self._rows = Rows(assembly)
        self._trap = assembly.folder / "unpickled"

    def run(self, number: int, everything: bool, doctor: bool) -> Report:
        """One round; `everything` looks at all documents instead of a sample."""
        rng = random.Random(f"{self._seed}/{number}")
        uploads = draw_uploads(rng, f"round-{number}", self._known)
        fault = draw_fault(rng)
        report = Report(fault.__name__, rng.uniform(0, _LATEST))
        self._ledger.note("round", number=number, fault=report.fault, after=report.after)
        begun = time.monotonic()
        late, standins = self._journal.late.copy(), self._journal.standins
        with Vault(self._assembly.base_url) as vault:
            scene = Scene(self._assembly, self._rows, self._delete_something(vault), self._trap)
            outcome = Outcome()
            with ThreadPoolExecutor(1) as pool:
                clients = pool.submit(self._clients.upload, uploads)
                time.sleep(report.after)
                fault(scene, rng, outcome)
                restart_what_died(self._assembly)
            report.acknowledged = len(uploads) - len(clients.result())
            over = time.monotonic()
            report.violations += self._settle(vault, uploads, clients.result())
            report.recovery = time.monotonic() - over
            report.violations += report.violations or self._look(
                vault, uploads, outcome, None if everything else rng
            )
        if doctor:
            report.violations += examine(self._assembly)
        report.overtaken = len(outcome.overtaken)
        report.fenced = (self._journal.late - late).total()
        report.standins = self._journal.standins - standins
        report.seconds = time.monotonic() - begun
        return report

    def _delete_something(self, vault: Vault) -> list[str]:
        """A document goes while it may be worked on; returns what messages can be about."""
        content = texts(f"deleted {self._seed} {len(self._gone)}", 1, _LONG)
        [(name, text)] = content.items()
        document_id = vault.upload(name, text).json()["document"]["id"]
        assert vault.http.delete(f"/api/documents/{document_id}").status_code == 204
        self._gone.append(document_id)
        finished = [entry.id for entry in self._ledger.acknowledged()[-5:]]
        return [*finished, *self._gone[-5:]]

    def _settle(
        self, vault: Vault, uploads: tuple[PlannedUpload, ...], unanswered: list[Sample]
    ) -> list[str]:
        """All of the round gets ready; the API was left alone, so all was answered."""
        if unanswered:
            return [f"{sample.name} got no answer" for sample in unanswered]
        entries = self._entries(uploads)
        if wrong := contradictions(entries):
            return wrong
        self._known += small_ones(uploads)
        return verify.wait_until_ready(vault, entries, self._patience)

    def _look(
        self,
        vault: Vault,
        uploads: tuple[PlannedUpload, ...],
        outcome: Outcome,
        rng: random.Random | None,
    ) -> list[str]:
        entries = self._entries(uploads)
        found = [
            f"process {pid} outlives whoever started it"
            for pid in orphans(outcome.orphaned, _ORPHAN_SECONDS)
        ]
        found += self._late_ones(outcome)
        found += self._at_rest()
        found += verify.check_vault(vault, self._ledger, entries, rng, self._patience)
        found += self._rows.faults(self._journal)
        found += [f"{name} is left in the temporary folder" for name in self._leftovers.look()]
        if self._trap.exists():
            found.append("a worker has unpickled a message")
        return found

    def _late_ones(self, outcome: Outcome) -> list[str]:
        """Every run whose claim was taken over notices it, and writes nothing."""
        overtaken = {held.document_id for held in outcome.overtaken} - {*self._gone}
        deadline = time.monotonic() + _LATE_SECONDS
        while True:
            self._journal.follow()
            silent = [id_ for id_ in overtaken if not self._journal.late[id_]]
            if not silent or time.monotonic() > deadline:
                return [f"the late run on {id_} was not fenced out" for id_ in silent]
            time.sleep(_POLL_SECONDS)

    def _at_rest(self) -> list[str]:
        """All messages are taken, nobody works, and what was deleted is removed."""
        assert self._assembly.services is not None
        deadline = time.monotonic() + self._patience
        with broker_of(self._assembly.services.valkey.url) as broker:
            while True:
                waiting = waiting_messages(broker)
                left = [
                    *([f"{waiting} messages wait"] if waiting else []),
                    *(f"{held.stage} of {held.document_id} runs" for held in self._rows.held()),
                    *(f"{id_} stays" for id_ in self._gone[-5:] if not self._rows.is_removed(id_)),
                ]
                if not left or time.monotonic() > deadline:
                    return left
                time.sleep(_POLL_SECONDS)
