"""The browser test of frontend/e2e/compose on a running stack."""

import os
import subprocess

from tests.compose.lab import LOGS
from tests.unit.deploy.compose_files import ROOT


def browse(base_url: str) -> None:
    """Upload files in chromium; they become ready, are found by words and by meaning, and open."""
    frontend = ROOT / "frontend"
    playwright = frontend / "node_modules/.bin/playwright"
    result = subprocess.run(
        [playwright, "test", "-c", "e2e/compose", "--output", LOGS / "browser"],
        cwd=frontend,
        env={**os.environ, "BASE_URL": base_url, "E2E_JUNIT": ""},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    print(result.stdout)
    assert result.returncode == 0, "the browser tests failed; see what they printed"
