"""Where everything stands in a run's directory."""

from __future__ import annotations

from pathlib import Path

SCENARIO_FILE, CONTRACT_FILE = "scenario.toml", "contract.toml"
VERDICT_FILE, REPORT_FILE, PAGE_FILE = "verdict.json", "report.json", "report.html"


def replication_folder(folder: Path, number: int) -> Path:
    """Where the records of a replication are; a run over sockets has only number 0."""
    return folder / f"replication-{number:02d}"
