"""Did a change cost anything? `python -m benchmarks.pairs OTHER [--pairs N] [a b d h]` measures this checkout
and another one (the commit before, with its own environment) in turn, and prints the ratios pair by pair.

All rates are per second of processor time. Which of the two goes first changes with each pair, so that a
machine that slows down or speeds up favours neither. (h) is the incident at a tenth of its crowd, with all
records.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.processes import ROOT, environment_of

MEASURES = {
    "a": "from benchmarks.__main__ import exchange; print(exchange('accept').cpu)",
    "b": "from benchmarks.__main__ import exchange; print(exchange('shed').cpu)",
    "d": "import time; from benchmarks.simulation import SIMULATED_S, half_accepted, simulated;"
    " s = half_accepted(); w, c = time.perf_counter(), time.process_time(); r = simulated(s)[0];"
    " print(r * (time.perf_counter() - w) / (time.process_time() - c))",
    "j": "from benchmarks.books import engine; print(engine()[0])",
    "h": "from benchmarks.incident import run; r = run(0.1, 1); print(r['attempts'] / r['cpu_seconds'])",
}
"""What a checkout is asked, in its own words."""


def rate(checkout: Path, letter: str) -> float:
    """Of one run in one checkout."""
    own = checkout / ".venv" / "bin" / "python"
    command = [str(own) if own.exists() else sys.executable, "-c", MEASURES[letter]]
    done = subprocess.run(
        command, cwd=checkout, env=environment_of(checkout), check=True, capture_output=True, text=True
    )
    return float(done.stdout)


def ratios(here: Path, other: Path, letter: str, pairs: int) -> list[float]:
    """One checkout's rate by the other's, pair by pair."""
    found = []
    for number in range(pairs):
        order = (here, other) if number % 2 else (other, here)
        rates = {checkout: rate(checkout, letter) for checkout in order}
        found.append(rates[here] / rates[other])
    return found


def summary(letter: str, found: Sequence[float]) -> str:
    low, median, high = statistics.quantiles(found, n=4)
    return (
        f"({letter}) median {median:.3f}, quartiles {low:.3f} … {high:.3f}, "
        f"least {min(found):.3f}, greatest {max(found):.3f}, {len(found)} pairs"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pairs", description=__doc__)
    parser.add_argument("other", type=Path, help="another checkout, with its .venv")
    parser.add_argument("letters", nargs="*", default=sorted(MEASURES), help="which measures")
    parser.add_argument("--pairs", type=int, default=15)
    asked = parser.parse_args()
    for letter in asked.letters:
        print(summary(letter, ratios(ROOT, asked.other.resolve(), letter, asked.pairs)), flush=True)


if __name__ == "__main__":
    main()
