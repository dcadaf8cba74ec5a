"""Writes `docs/reliability.md` from the evidence in `docs/proof/`: what is promised when things go wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
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
        long_life=_told("long_life", _long_life),
        malformed=_told("malformed", _malformed),
        bundles=_told("bundles", _bundles),
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
        "with a journal in parts of 1 MB": found["rotated"],
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


def _long_life(found: dict[str, Any]) -> str:
    rows = {
        "minutes": found["minutes"],
        "requests": found["requests"],
        "memory, MB": _both(found["rss_mb"]),
        "descriptors": _both(found["descriptors"]),
        "files of the journal, MB": _both(found["journal_mb"]),
        "answers, p99 in ms": _both(found["answer_p99_ms"]),
        "then flooded, minutes": found["flood_minutes"],
        "requests in the flood, a second": found["flood_per_second"],
        "memory in the flood, MB": _both(found["flood_rss_mb"]),
        "descriptors in the flood": _both(found["flood_descriptors"]),
        "memory of the load generator, MB": _both(found["loader_rss_mb"]),
        "answers one second after the flood, p99 in ms": found["answer_p99_ms_after_the_flood"],
        "internal errors": found["internal_errors"],
    }
    return _table(rows)


def _malformed(found: dict[str, Any]) -> str:
    statuses = ", ".join(
        f"{name} {count:,}" for name, count in found["statuses"].items() if name not in ("-1", "0", "1")
    )
    rows = {
        "requests": found["requests"],
        "answered with": statuses,
        "connections closed without an answer": found["statuses"].get("0", 0),
        "control-port bodies": sum(found["control_statuses"].values()),
        "answered with ": ", ".join(f"{name} {count:,}" for name, count in found["control_statuses"].items()),
        "longest the event loop stood still, ms": found["loop_lag_max_ms"],
        "memory, MB": _both(found["rss_mb"]),
        "**undocumented answers, internal errors, lines in the log**": len(found["undocumented"])
        + found["internal_errors"]
        + len(found["log"].splitlines()),
    }
    return _table(rows)


def _bundles(found: dict[str, Any]) -> str:
    rows = {
        "spoilt run directories": found["bundles"],
        "… that do not follow from their records, and are told so": found["said"].get("found", 0),
        "… refused in a line": found["said"].get("refused", 0),
        "… in which what was changed is nothing that a verdict hangs on": found["said"].get("intact", 0),
        "**faults**": len(found["faults"]),
    }
    return _table(rows)


def _both(pair: list[float]) -> str:
    return f"{pair[0]:,g} → {pair[1]:,g}"


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


def _table(rows: Mapping[str, int | float | str]) -> str:
    shown = {name: value if isinstance(value, str) else f"{value:,}" for name, value in rows.items()}
    return "\n".join(["| | |", "| --- | ---: |", *(f"| {name} | {text} |" for name, text in shown.items())])


if __name__ == "__main__":
    PAGE.write_text(reliability_page(), encoding="utf-8")
