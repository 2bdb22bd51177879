"""The runtime of the local model reports to nobody."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_LOAD = "import onnxruntime; onnxruntime.InferenceSession"


@pytest.mark.parametrize(
    ("program", "reports"),
    [
        # So that this test notices when a newer runtime keeps its records elsewhere.
        (_LOAD, True),
        (f"import docuvault.ai.local; {_LOAD}", False),
        (f"import docuvault.ai.model_build; {_LOAD}", False),
    ],
    ids=["bare", "embedder", "model"],
)
def test_no_reports_are_prepared(tmp_path: Path, program: str, reports: bool) -> None:
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    home.mkdir()
    temporary.mkdir()
    # Without CI, which switches the reports off as well.
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(temporary)}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=120)

    assert any(tmp_path.rglob("deviceid")) is reports
    assert any(temporary.iterdir()) is reports
