"""Kills processes of the running product over and over, and looks whether anything is lost.

`make kill-loop ROUNDS=n SEED=s ASSEMBLY=embedded|services|both`. Every round is drawn from the
seed, so a seed repeats the same uploads, victims and moments; what they hit depends on the machine.
Ends with 0 when no round found a violation; otherwise with 1, and the folder with ledger, logs and
data stays.
"""

import sys
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from statistics import mean

from tests.assembly import Assembly, embedded, services
from tests.killloop.round import KillRounds, Report
from tests.loops.ledger import Ledger
from tests.loops.running import Loop, Play, Result, counted, parser_of, write_junit
from tests.vault import Vault

_STARTS: dict[str, Callable[..., AbstractContextManager[Assembly]]] = {
    "embedded": embedded,
    "services": services,
}
_EVERYTHING_EVERY = 25
# The embedded vault has to be stopped for the doctor, which takes longer than all the rest.
_DOCTOR_EVERY = {"embedded": 5, "services": 1}
_TOPICS = {
    "Transport": "Railways, harbours, journeys and everything that travels.",
    "Money": "Invoices, budgets, contracts and the ledger.",
}


def main() -> int:
    """Run the rounds, print what happened."""
    parser = parser_of("make kill-loop", __doc__)
    parser.add_argument("--assembly", choices=[*_STARTS, "both"], default="both")
    options = parser.parse_args()
    names = [*_STARTS] if options.assembly == "both" else [options.assembly]
    print(f"kill loop: {options.rounds} rounds, seed {options.seed}", flush=True)

    def prepare(assembly: Assembly, ledger: Ledger) -> Play[Report]:
        with Vault(assembly.base_url) as vault:
            for name, description in _TOPICS.items():
                vault.topic(name, description)
        rounds = KillRounds(assembly, ledger, options.seed, options.patience)
        rounds.warm_up()
        return rounds.run

    results = [
        Loop(
            name,
            options.seed,
            options.rounds,
            _STARTS[name],
            prepare,
            _EVERYTHING_EVERY,
            _DOCTOR_EVERY[name],
        ).run()
        for name in names
    ]
    for result in results:
        print(_summary(result))
    if options.junit is not None:
        write_junit(options.junit, "kill loop", results)
    return 1 if any(result.violations for result in results) else 0


def _summary(result: Result[Report]) -> str:
    victims = Counter(report.victim for report in result.reports)
    cut_off: Counter[str] = sum((report.cut_off for report in result.reports), Counter())
    recoveries = [report.recovery for report in result.reports] or [0.0]
    return (
        f"{result.head()}\n"
        f"  killed: {counted(victims)}\n"
        f"  cut off and done again: {counted(cut_off)}\n"
        f"  ready after the kill: {mean(recoveries):.1f} s on average,"
        f" {max(recoveries):.1f} s at most"
    )


if __name__ == "__main__":
    sys.exit(main())
