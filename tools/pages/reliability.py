"""Writes `docs/reliability.md` from the evidence in `docs/proof/`: what is promised when things go wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tools.pages import DOCS
from tools.pages.proof import PROOF, made

PAGE = DOCS / "reliability.md"
TEMPLATE = Path(__file__).parent / "templates" / "reliability.md"
NOT_MADE = "This campaign has not been made on this version; a share of it is in `make test-all`."


def reliability_page() -> str:
    """The page as the evidence has it."""
    return TEMPLATE.read_text(encoding="utf-8").format(
        kills=_told("kills", _kills),
        deaths=_told("deaths", _deaths),
        invariants=_told("invariants", _invariants),
    )


def _told(name: str, tell: Any) -> str:
    path = PROOF / f"{name}.json"
    if not path.exists():
        return NOT_MADE
    found = json.loads(path.read_text(encoding="utf-8"))
    return f"{tell(found)}\n\n{made(found)}"


def _kills(found: dict[str, Any]) -> str:
    rows = {
        "kills under load": found["kills"],
        "of venues": found["venues"],
        "with `--durable`": found["durable"],
        "besides, killed while starting": found["killed_while_starting"],
        "journals that ended in a torn row": found["torn_rows"],
        "attempts listed as lost": found["lost"],
        "**faults**": len(found["faults"]),
    }
    return _table(rows)


def _invariants(found: dict[str, Any]) -> str:
    rows = {
        "orders": found["orders"],
        "cases": found["cases"],
        "scenarios": found["scenarios"],
        "policies": found["policies"],
        "phases": found["phases"],
        "**faults**": len(found["faults"]),
    }
    return _table(rows)


def _deaths(found: dict[str, Any]) -> str:
    rows = {
        "runs that lost a process": found["deaths"],
        **{f"… the {who}": count for who, count in found["by_who"].items()},
        **{f"… by {signal}": count for signal, count in found["by_signal"].items()},
        "at an exchange that counted what came after the end": found["outside"],
        "slowest to be gone after the command, seconds": found["gone_after_s"],
        "runs left alone": found["left_alone"],
        "of these decided": found["decided"],
        "**faults**": len(found["faults"]),
    }
    return _table(rows)


def _table(rows: dict[str, int | float]) -> str:
    return "\n".join(
        ["| | |", "| --- | ---: |", *(f"| {name} | {value:,} |" for name, value in rows.items())]
    )


if __name__ == "__main__":
    PAGE.write_text(reliability_page(), encoding="utf-8")
