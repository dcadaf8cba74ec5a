"""What a long study has found, written down with the commit that it was made on and the day."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def read_lines(path: Path) -> list[dict[str, Any]]:
    """What has been found before, one JSON object a line; a study goes on after it."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def commit_here() -> str:
    """What rows are found by. Exits if the tree holds anything but pages that is not committed: nobody
    could find the same again."""
    if _git("status", "--porcelain", "--", ".", ":!docs"):
        sys.exit("commit what has changed first: a finding names the commit that it was made on")
    return _git("rev-parse", "HEAD")


def append_line(path: Path, row: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps(row) + "\n")


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
