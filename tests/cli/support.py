"""Running the command line as a user does."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from fireexit.errors import EXIT_FAILED

ROOT = Path(__file__).parents[2]
in_this_process = False
"""Set by tools.mutation: a command is then run where its lines can be seen."""


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "fireexit", *arguments]


def fireexit(*arguments: str, cwd: Path, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """Run to the end; a traceback anywhere, or a failure of the tool itself, fails the test."""
    if in_this_process and "PYTHONPATH" not in os.environ:
        return _here(arguments, cwd)
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
    assert result.returncode != EXIT_FAILED, result.stderr
    return result


def _here(arguments: Sequence[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    """The same without a process of its own, for who wants to see which lines are run."""
    from fireexit.cli import app  # only where it is asked for: the command imports all of fireexit

    before, texts, status = (
        Path.cwd(),
        [io.TextIOWrapper(io.BytesIO(), write_through=True) for _ in range(2)],
        0,
    )
    os.chdir(cwd)
    os.environ["NO_COLOR"] = "1"
    try:
        with contextlib.redirect_stdout(texts[0]), contextlib.redirect_stderr(texts[1]):
            app(list(arguments), prog_name="fireexit")
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        os.chdir(before)
    out, err = (text.buffer.getvalue().decode() for text in texts)
    return subprocess.CompletedProcess(list(arguments), status, out, err)


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
