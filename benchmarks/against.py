"""Has a change cost speed? `make bench-against REV=…` measures what is committed now and another revision in
turn, and ends with status 1 if a median is below 0.95 of it.

    python -m benchmarks.against REVISION [a b d h] [--pairs N] [--compiled]

A revision from before 2026-11-28 says in other words what (a) and (b) are; those need `benchmarks.pairs`.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

from benchmarks.pairs import MEASURES, ratios, summary
from tools.compiling import ROOT, compile_tree, listed

LEAST = 0.95
PLACE = ROOT / "runs" / "bench"


def checkout(revision: str, folder: Path) -> Path:
    """What was committed then, in a folder of its own. Exits if nobody knows the revision."""
    shutil.rmtree(folder, ignore_errors=True)
    made = subprocess.run(["git", "clone", "-q", "--shared", str(ROOT), str(folder)], check=False)
    if (
        made.returncode
        or subprocess.run(["git", "checkout", "-q", revision], cwd=folder, check=False).returncode
    ):
        sys.exit(f"{revision} cannot be checked out")
    return folder


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.against", description=__doc__)
    parser.add_argument("revision")
    parser.add_argument("letters", nargs="*", default=sorted(MEASURES))
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--compiled", action="store_true", help="compile both")
    asked = parser.parse_args()
    here = checkout("HEAD", PLACE / "here")
    there = checkout(asked.revision, PLACE / "there")
    if asked.compiled:
        for tree in (here, there):
            compile_tree(tree, listed(tree))
    status = 0
    for letter in asked.letters:
        found = ratios(here, there, letter, asked.pairs)
        print(summary(letter, found), flush=True)
        if statistics.median(found) < LEAST:
            print(f"    below {LEAST} of {asked.revision}")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
