"""Starts a container engine and runs these tests: `python -m tests.compose LAB [pytest options]`.

LAB is a script that starts an engine and makes base images out of a distribution's packages (see
docs/deployment.md). Where it cannot start an engine, that is said and nothing is run.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.compose.lab import LOGS

HERE = Path(__file__).parent
# Every module brings the stack into the state that it needs; this order needs the fewest changes.
MODULES = ("production", "refusals", "restart", "host", "development")


def main() -> int:
    """The exit code of pytest, or 0 where there is no engine."""
    if not sys.argv[1:] or not os.access(sys.argv[1], os.X_OK):
        sys.exit("Name the script that starts a container engine: make compose-test LAB=script")
    lab, options = Path(sys.argv[1]).resolve(), sys.argv[2:]
    LOGS.mkdir(parents=True, exist_ok=True)
    was_running = engine_answers()
    log = LOGS / "engine.log"
    with log.open("wb") as out:
        setup = subprocess.run([lab, "setup"], stdout=out, stderr=out, stdin=subprocess.DEVNULL)
    try:
        if not engine_answers():
            print(f"not run: the compose stack; the container engine does not start here ({log})")
            return 0
        if setup.returncode:
            print(f"{log.read_text(errors='replace')[-2000:]}\nThe engine runs, its set-up failed.")
            return 1
        os.environ["COMPOSE_LAB"] = str(lab)
        # A stop takes the stack down as well.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        modules = [str(HERE / f"test_{name}.py") for name in MODULES]
        # Making images and waiting until all is healthy happen inside of tests.
        return int(pytest.main(["--timeout=900", "--maxfail=5", "-v", *modules, *options]))
    finally:
        if not was_running:
            subprocess.run([lab, "stop"], check=False)


def engine_answers() -> bool:
    """Whether a container engine can be used now."""
    try:
        return subprocess.run(["docker", "info"], capture_output=True, timeout=30).returncode == 0
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return False


if __name__ == "__main__":
    sys.exit(main())
