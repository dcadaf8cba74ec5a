"""Running the command line as a user does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "fireexit", *arguments]


def fireexit(*arguments: str, cwd: Path, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """Run to the end; a traceback anywhere fails the test."""
    result = subprocess.run(
        command(*arguments),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert "Traceback" not in result.stdout + result.stderr, result.stderr
    return result


def only_line(text: str) -> str:
    """The single line of an error message."""
    lines = text.strip().splitlines()
    assert len(lines) == 1, text
    return lines[0]


def taken_away(folder: Path, names: Sequence[str]) -> Path:
    """A folder for PYTHONPATH: no Python process that has it there can import these, nor can its children."""
    (folder / "sitecustomize.py").write_text(
        f"""
import sys

class Away:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {tuple(names)!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Away())
"""
    )
    return folder
