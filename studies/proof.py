"""What a long study has found, written down with the commit that it was made on and the day."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


class Campaign:
    """A study that takes hours: one row for each thing that it has tried, in runs/soak/NAME.jsonl, after
    which it goes on the next time. `module` is the study's, where it has another name."""

    def __init__(self, name: str, module: str = "") -> None:
        self._name = name
        self._command = f"python -m studies.{module or name}"
        self._path = ROOT / "runs" / "soak" / f"{name}.jsonl"
        self._commit = commit_here()
        self.rows: list[dict[str, Any]] = (
            [json.loads(line) for line in self._path.read_text().splitlines()] if self._path.exists() else []
        )

    def add(self, **row: Any) -> None:
        """One more has been tried."""
        self.rows.append({"commit": self._commit, **row})
        self._path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps(self.rows[-1])
        with self._path.open("a") as file:
            file.write(line + "\n")
        print(line, flush=True)

    def told(self, summary: Callable[[list[dict[str, Any]]], dict[str, Any]]) -> dict[str, Any]:
        """All rows in a summary, which goes to docs/proof/."""
        found = write_proof(self._name, self._command, summary(self.rows), self.rows)
        print(json.dumps(found, indent=1))
        return found


def commit_here() -> str:
    """What rows are found by. Exits if the tree holds anything but pages that is not committed: nobody
    could find the same again."""
    if _git("status", "--porcelain", "--", ".", ":!docs"):
        sys.exit("commit what has changed first: a finding names the commit that it was made on")
    return _git("rev-parse", "HEAD")


def write_proof(name: str, command: str, found: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """To docs/proof/, with the commits that its rows were found on; returns it."""
    commits = ", ".join(dict.fromkeys(row["commit"] for row in rows))
    told = {"commit": commits, "date": datetime.now(UTC).date().isoformat(), "command": command, **found}
    (ROOT / "docs" / "proof" / f"{name}.json").write_text(json.dumps(told, indent=1) + "\n")
    return told


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
