"""Makes workers and Redis fail over and over, and looks whether work is lost or done twice.

`make worker-loop ROUNDS=n SEED=s`. Every round is drawn from the seed, so a seed repeats the same
uploads, faults and moments; what they hit depends on the machine. Ends with 0 when no round found
a violation; otherwise with 1, and the folder with ledger, logs and tables stays.
"""

import sys
from collections import Counter
from functools import partial
from statistics import mean

from tests.assembly import Assembly, services
from tests.loops.ledger import Ledger
from tests.loops.running import Loop, Play, Result, counted, parser_of, write_junit
from tests.vault import Vault
from tests.workerloop.round import Report, WorkerRounds

_EVERYTHING_EVERY = 25


def main() -> int:
    """Run the rounds, print what happened."""
    options = parser_of("make worker-loop", __doc__).parse_args()
    print(f"worker loop: {options.rounds} rounds, seed {options.seed}", flush=True)

    def prepare(assembly: Assembly, ledger: Ledger) -> Play[Report]:
        with Vault(assembly.base_url) as vault:
            vault.topic("Transport", "Railways, harbours, journeys and everything that travels.")
        return WorkerRounds(assembly, ledger, options.seed, options.patience).run

    loop = Loop(
        "workers",
        options.seed,
        options.rounds,
        partial(services, workers=2),
        prepare,
        _EVERYTHING_EVERY,
        doctor_every=1,
    )
    result = loop.run(DOCUVAULT_QUEUE__MAX_CRASHES="5")
    print(_summary(result))
    if options.junit is not None:
        write_junit(options.junit, "worker loop", [result])
    return 1 if result.violations else 0


def _summary(result: Result[Report]) -> str:
    reports = result.reports
    recoveries = [report.recovery for report in reports] or [0.0]
    return (
        f"{result.head()}\n"
        f"  happened: {counted(Counter(report.fault for report in reports))}\n"
        f"  claims taken over from who stood still: {sum(r.overtaken for r in reports)};"
        f" late results fenced out: {sum(r.fenced for r in reports)};"
        f" stand-ins at work: {sum(r.standins for r in reports)}\n"
        f"  ready after the fault: {mean(recoveries):.1f} s on average,"
        f" {max(recoveries):.1f} s at most"
    )


if __name__ == "__main__":
    sys.exit(main())
