"""Campaigns that are too long for `make test-all`: `make soak`, in pieces, as long as one likes.

Each piece that has ended well on this commit is remembered in runs/soak and not done again. What a campaign
found is written to docs/proof/ as JSON with commit and date; whoever ran it looks at it and commits it. A
small share of each is in `make test-all`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
DONE = ROOT / "runs" / "soak" / "done.json"
PROOF = ROOT / "docs" / "proof" / "soak.json"
SEED = "20261126"


@dataclass(frozen=True)
class Piece:
    """One command of a campaign."""

    campaign: str
    name: str
    module: str
    arguments: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)


LONG = {"FIREEXIT_EXAMPLES": "20", "FIREEXIT_BUDGET": "off"}
"""Twenty times the examples of `make test-all`, drawn anew."""
PIECES = (
    Piece("mutation", "map", "tools.mutation", ("map",)),
    Piece("mutation", "controls", "tools.mutation", ("try", SEED, "--size", "40", "--kind", "control")),
    Piece("mutation", "sample", "tools.mutation", ("try", SEED)),
    Piece("mutation", "critical", "tools.mutation", ("try", SEED, "--kind", "critical")),
    Piece("mutation", "table", "tools.mutation", ("table", SEED)),
    Piece("fuzz", "requests", "pytest", ("-q", "tests/fuzz", "-m", "not realtime"), LONG),
    Piece("fuzz", "engine", "pytest", ("-q", "tests/engine"), LONG),
    Piece("fuzz", "gateway", "pytest", ("-q", "tests/gateway", "tests/wire/test_parameter_table.py"), LONG),
    Piece("adversary", "gallery", "pytest", ("-q", "tests/adversary"), LONG),
    Piece("intervals", "coverage", "tools.pages.statistics", ()),
    Piece("bake-off", "matrix", "tools.pages.bakeoff", ()),
    Piece("verdicts", "suspended", "studies.suspended", ()),
    Piece("verdicts", "honest", "studies.honest_policies", ()),
    Piece("invariants", "orders", "studies.invariants", ()),
    Piece("fuzz", "bundles", "studies.bundles", ()),
    Piece("fuzz", "wire", "studies.malformed", ()),
    Piece("long life", "serve", "studies.long_life", ()),
    Piece("deaths", "processes", "studies.deaths", ()),
    Piece("deaths", "exchange", "studies.kills", ()),
)


def main(minutes: float) -> int:
    """Do what is left; 1 if a piece failed. Begins no piece after so many minutes."""
    end = time.monotonic() + 60 * minutes
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    done: dict[str, dict[str, object]] = json.loads(DONE.read_text()) if DONE.exists() else {}
    for piece in PIECES:
        key = f"{piece.campaign}/{piece.name}"
        if done.get(key, {}).get("commit") == commit:
            print(f"{key}: done on this commit")
            continue
        if time.monotonic() > end:
            print(f"{key}: left for the next time")
            continue
        begun = time.monotonic()
        command = [sys.executable, "-m", piece.module, *piece.arguments]
        status = subprocess.run(command, cwd=ROOT, env={**os.environ, **piece.environment}, check=False)
        took = (time.monotonic() - begun) / 60
        print(f"{key}: status {status.returncode} after {took:.1f} minutes")
        if status.returncode:
            return 1
        today = datetime.now(UTC).date().isoformat()
        done[key] = {"commit": commit, "date": today, "minutes": round(took, 1)}
        for path in (DONE, PROOF):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(done, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(float(os.environ.get("MINUTES", "300"))))
