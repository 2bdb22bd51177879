"""One round: many upload at once, a process dies, a supervisor restarts it, all is looked at."""

import random
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import median

from tests.assembly import Assembly
from tests.killloop.plan import Plan, draw_plan
from tests.killloop.victims import PARSER, VICTIMS, Kill, kill
from tests.loops import verify
from tests.loops.doctor import examine
from tests.loops.files import Sample
from tests.loops.ledger import Ledger, contradictions
from tests.loops.processes import orphans, restart_what_died
from tests.loops.rounds import Rounds
from tests.loops.uploads import small_ones
from tests.vault import Vault

_WARM_UPS = 3
_ORPHAN_SECONDS = 20.0


@dataclass(slots=True)
class Report:
    """What happened in a round; `cut_off` counts the stages that had to run again."""

    victim: str
    after: float
    acknowledged: int = 0
    unanswered: int = 0
    recovery: float = 0.0
    seconds: float = 0.0
    cut_off: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    def line(self) -> str:
        """For the progress display."""
        cut_off = ", ".join(f"{stage} {count}" for stage, count in sorted(self.cut_off.items()))
        return (
            f"{self.victim:<19} at {self.after:4.1f} s  {self.acknowledged} acknowledged,"
            f" {self.unanswered} unanswered, cut off: {cut_off or '-'};"
            f" ready {self.recovery:.1f} s later, round {self.seconds:.1f} s"
        )


class KillRounds(Rounds):
    """Rounds in each of which one process dies."""

    def __init__(self, assembly: Assembly, ledger: Ledger, seed: str, patience: float) -> None:
        super().__init__(assembly, ledger, seed, patience)
        self._spans: list[float] = []

    def warm_up(self) -> None:
        """Rounds without a victim, which tell how long one takes."""
        for number in range(_WARM_UPS):
            report = self._run(f"warm-up-{number}", None)
            if report.violations:
                raise AssertionError("\n".join(report.violations))

    def run(self, number: int, everything: bool, doctor: bool) -> Report:
        """One round; `everything` looks at all documents instead of a sample."""
        return self._run(f"round-{number}", number, everything=everything, doctor=doctor)

    def _run(
        self, label: str, number: int | None, *, everything: bool = False, doctor: bool = False
    ) -> Report:
        rng = random.Random(f"{self._seed}/{self._assembly.name}/{label}")
        plan = draw_plan(rng, label, self._known, VICTIMS[self._assembly.name])
        begun = time.monotonic()
        kills: list[Kill] = []
        self._ledger.note("round", label=label, victim=plan.victim, moment=plan.moment)
        if number is None:
            report = Report("nobody", 0)
            unanswered = self._clients.upload(plan.uploads)
            since = begun
        else:
            report = Report(plan.victim, plan.moment * median(self._spans))
            unanswered, kills = self._upload_and_kill(plan, rng, report)
            since = begun + report.after
        with Vault(self._assembly.base_url) as vault:
            unsettled = self._settle(vault, plan, unanswered, report)
            report.recovery = time.monotonic() - since
            if number is None:
                self._spans.append(report.recovery)
            report.violations += unsettled or verify.check_vault(
                vault,
                self._ledger,
                self._entries(plan.uploads),
                None if everything else rng,
                self._patience,
            )
        report.violations += [
            f"process {pid} outlives whoever started it"
            for killed in kills
            for pid in orphans(killed.descendants, _ORPHAN_SECONDS)
        ]
        report.violations += [
            f"{name} is left in the temporary folder" for name in self._leftovers.look()
        ]
        if doctor:
            report.violations += examine(self._assembly)
        report.seconds = time.monotonic() - begun
        return report

    def _upload_and_kill(
        self, plan: Plan, rng: random.Random, report: Report
    ) -> tuple[list[Sample], list[Kill]]:
        """Uploads run while somebody dies and is started again; returns what got no answer."""
        with ThreadPoolExecutor(1) as pool:
            clients = pool.submit(self._clients.upload, plan.uploads)
            time.sleep(report.after)
            killed = kill(self._assembly, plan.victim, rng)
            report.victim = killed.victim if killed else f"no {plan.victim}"
            self._ledger.note("kill", victim=report.victim, after=report.after)
            restart_what_died(self._assembly)
        unanswered = clients.result()
        report.unanswered = len(unanswered)
        report.acknowledged = len(plan.uploads) - len(unanswered)
        return unanswered, [killed] if killed else []

    def _settle(
        self, vault: Vault, plan: Plan, unanswered: Sequence[Sample], report: Report
    ) -> list[str]:
        """What got no answer is sent again; then all of the round gets ready."""
        # What got no answer may have become a document or not; people send it again either way.
        for sample in self._clients.insist(unanswered, self._patience):
            return [f"{sample.name} got no answer within {self._patience:.0f} s"]
        entries = self._entries(plan.uploads)
        # Who was only refused has no document to wait for.
        if wrong := contradictions(entries):
            return wrong
        if left := verify.wait_until_ready(vault, entries, self._patience):
            return left
        report.cut_off["upload"] += len(unanswered)
        for entry in entries:
            document = verify.document_of(vault, entry)
            for stage in document["stages"] if document else ():
                if stage["attempts"] > 1:
                    report.cut_off[stage["stage"]] += 1
            if document and document["status"] == "failed" and report.victim == PARSER:
                # A parser that is killed looks like one that took too much memory: people retry.
                assert document["error"]["code"] == "parser_memory", document
                report.cut_off["parser"] += 1
                assert vault.http.post(f"/api/documents/{entry.id}/retry").status_code == 202
        report.cut_off = +report.cut_off
        if report.cut_off["parser"] > 1:
            return ["one parser was killed and more than one document has failed"]
        self._known += small_ones(plan.uploads)
        return verify.wait_until_ready(vault, entries, self._patience)
