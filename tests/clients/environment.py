"""An environment of its own for each third-party client, made once from a hashed lock."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parents[1] / ".venvs"


def python_with(client: str) -> Path:
    """The interpreter of the environment of `client`, installed from `<client>.lock` if need be."""
    lock = HERE / f"{client}.lock"
    version = hashlib.sha256(lock.read_bytes()).hexdigest()[:12]
    environment = ENVIRONMENTS / f"{client}-{version}"
    python = environment / "bin" / "python"
    ready = environment / ".ready"
    if not ready.exists():
        shutil.rmtree(environment, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        command = [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--require-hashes",
        ]
        subprocess.run([*command, "-r", lock], check=True)
        ready.touch()
    return python
