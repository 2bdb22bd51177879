"""The doctor as a command, on a copy of a filled vault."""

import subprocess
from pathlib import Path

from tests.assembly import docuvault, environment_of


def doctor(
    folder: Path, model_dir: Path, *options: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        docuvault("doctor", *options),
        env=environment_of(model_dir, folder, 8000, SECRET_KEY="0123456789abcdef" * 4)
        | environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
