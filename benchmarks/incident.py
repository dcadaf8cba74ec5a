"""(h) The incident's 110 minutes: attempts, seconds, memory, and whether the bytes are the same again.

As a program: one run of `python -m benchmarks.incident SCALE SEED`, its figures as JSON.
"""

from __future__ import annotations

import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from loadgen.drive.simulation import simulate
from loadgen.scenarios import load_scenario

SCENARIO = "incident-2025-10-11"
SCALES = (1.35, 4.0)
"""Sizes with more than one and more than three million attempts."""
LIMITS_S = {1.35: 60.0, 4.0: 90.0}
LIMIT_MB = 1000.0


def run(scale: float, seed: int) -> dict[str, float | str]:
    """One simulation with all its records, in this process."""
    scenario = load_scenario(SCENARIO, settings={"scale": scale})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "run"
        wall, cpu = time.perf_counter(), time.process_time()
        sent = simulate(scenario, "undifferentiated", seed, scenario.duration_s, folder)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        digest = hashlib.sha256()
        for kind in ("attempts", "intents", "journal"):
            with (folder / f"{kind}.jsonl").open("rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
        size = sum(path.stat().st_size for path in folder.iterdir()) / (1 << 20)
    return {
        "attempts": sent,
        "seconds": wall,
        "cpu_seconds": cpu,
        "rss_mb": memory,
        "records_mb": size,
        "sha256": digest.hexdigest(),
    }


def report() -> None:
    """Each size twice with one seed, each in a process of its own."""
    print("(h) 110 minutes of the incident, simulated with all records")
    for scale in SCALES:
        rows = [_child(scale) for _ in range(2)]
        same = len({row["sha256"] for row in rows}) == 1
        best = min(rows, key=lambda row: row["seconds"])
        rate = best["attempts"] / best["cpu_seconds"]
        print(
            f"    {best['attempts']:>9,.0f} attempts in {best['seconds']:.0f} s "
            f"(limit {LIMITS_S[scale]:.0f}), "
            f"{rate:,.0f}/s of processor, {best['rss_mb']:.0f} MB (limit {LIMIT_MB:.0f}), "
            f"records {best['records_mb']:.0f} MB, bytes {'the same' if same else 'DIFFER'}"
        )


def _child(scale: float) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.incident", str(scale), "1"]
    row: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return row


if __name__ == "__main__":
    print(json.dumps(run(float(sys.argv[1]), int(sys.argv[2]))))
