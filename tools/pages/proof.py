"""Writes `docs/proof.md` from the evidence in `docs/proof/`: what the tests notice, and which lines they run.

`python -m tools.pages.proof coverage` first takes the figures that `make coverage` has left in runs/coverage.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tools.mutation.table import WANTED
from tools.mutation.trial import MOST_SECONDS
from tools.pages import DOCS

PAGE = DOCS / "proof.md"
PROOF = DOCS / "proof"
MUTATION, COVERAGE = PROOF / "mutation.json", PROOF / "coverage.json"
TEMPLATE = Path(__file__).parent / "templates" / "proof.md"
ROOT = DOCS.parent


def proof_page() -> str:
    """The page as the evidence has it."""
    mutation = json.loads(MUTATION.read_text(encoding="utf-8"))
    coverage = json.loads(COVERAGE.read_text(encoding="utf-8"))
    suspended = json.loads((PROOF / "suspended.json").read_text(encoding="utf-8"))
    honest = json.loads((PROOF / "honest.json").read_text(encoding="utf-8"))
    missing = [row["name"] for row in mutation["rows"] if row["points"] < row["of"]]
    below = [row["name"] for row in mutation["rows"] if row["low"] < WANTED]
    critical = f" Of {', '.join(missing)} not all have been tried yet." if missing else ""
    return TEMPLATE.read_text(encoding="utf-8").format(
        mutation=_mutation(mutation["rows"]),
        coverage=_coverage(coverage["houses"]),
        seed=mutation["seed"],
        critical=critical,
        below=f"; *{', '.join(below)}* do not reach that" if below else "",
        note=f"- {mutation['note']}\n" if mutation.get("note") else "",
        seconds=MOST_SECONDS,
        controls=mutation["controls"],
        commit=mutation["commit"][:12],
        date=mutation["date"],
        coverage_commit=coverage["commit"][:12],
        coverage_date=coverage["date"],
        runs=suspended["disturbed"]["runs"],
        suspended=_suspended(suspended),
        suspended_made=made(suspended),
        verdicts=honest["verdicts"],
        honest=_honest(honest),
        honest_made=made(honest),
    )


def _honest(found: dict[str, Any]) -> str:
    rows = []
    for policy, results in found["results"].items():
        counts = " | ".join(str(results.get(name, 0)) for name in ("holds", "inconclusive", "broken"))
        rows.append(f"| `{policy}` | {counts} | {found['holds'][policy][0]:.1%} |")
    return "\n".join(rows)


def made(found: dict[str, Any]) -> str:
    """By what, on which commits, and when."""
    commits = " and ".join(f"`{commit[:12]}`" for commit in found["commit"].split(", "))
    note = f" ({found['note']})" if found.get("note") else ""
    return f"`{found['command']}`, commit {commits}, {found['date']}{note}."


def _suspended(found: dict[str, Any]) -> str:
    keys = ("runs", "right", "undecided", "wrong", "failed")
    return "\n".join(
        f"| {name} | {' | '.join(str(found[name][key]) for key in keys)} |"
        for name in ("disturbed", "undisturbed")
    )


def _mutation(rows: list[dict[str, Any]]) -> str:
    lines = [
        "| | points | of | noticed | same | share noticed | at least |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        counts = f"{row['points']:,} | {row['of']:,} | {row['noticed']:,} | {row['equivalent']:,}"
        lines.append(f"| {row['name']} | {counts} | {row['share']:.1%} | {row['low']:.1%} |")
    return "\n".join(lines)


def _coverage(houses: dict[str, list[int]]) -> str:
    lines = ["| | lines and branches | run | share |", "| --- | ---: | ---: | ---: |"]
    whole = [sum(row[place] for row in houses.values()) for place in (0, 1)]
    for name, (known, run) in [*houses.items(), ("**all**", (whole[0], whole[1]))]:
        lines.append(f"| {name} | {known:,} | {run:,} | {run / known:.1%} |")
    return "\n".join(lines)


def take_coverage(report: Path) -> None:
    """Keep what `coverage json` says, added up by house."""
    files = json.loads(report.read_text(encoding="utf-8"))["files"]
    houses: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for path, row in files.items():
        summary = row["summary"]
        house = houses[path.split("/")[0]]
        house[0] += summary["num_statements"] + summary["num_branches"]
        house[1] += summary["covered_lines"] + summary["covered_branches"]
    git = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
    found = {"commit": git.stdout.strip(), "date": datetime.now(UTC).date().isoformat(), "houses": houses}
    PROOF.mkdir(exist_ok=True)
    COVERAGE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if "coverage" in sys.argv:
        take_coverage(ROOT / "runs" / "coverage" / "report.json")
    PAGE.write_text(proof_page(), encoding="utf-8")
