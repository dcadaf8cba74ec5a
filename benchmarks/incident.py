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

from benchmarks import history
from benchmarks.history import COMPILED, PURE
from benchmarks.processes import environment_of
from loadgen.drive.simulation import simulate
from loadgen.scenarios.scenario import parse_scenario

SCENARIO = "incident-2025-10-11"
SCALES = (1.35, 4.0)
"""Sizes with more than one and more than three million attempts."""
LIMIT_MB = 1000.0


def run(scale: float, seed: int) -> dict[str, float | str]:
    """One simulation with all its records, in this process."""
    # At four times its crowd, accounts meet the venue's own limits: that is meant here.
    text = f'extends = "{SCENARIO}"\nrate_limits_intended = true\n'
    scenario = parse_scenario(text, "of the benchmark", settings={"scale": scale})
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


def report(trees: dict[str, Path]) -> None:
    """Each size once with each core, each in a process of its own."""
    print("(h) 110 minutes of the incident, simulated with all records")
    for scale in SCALES:
        rows = {core: _child(tree, scale) for core, tree in trees.items()}
        same = len({row["sha256"] for row in rows.values()}) == 1
        for core, row in rows.items():
            print(
                f"    {row['attempts']:>9,.0f} attempts in {row['seconds']:.0f} s ({core}), "
                f"{row['attempts'] / row['cpu_seconds']:,.0f}/s of processor, "
                f"{row['rss_mb']:.0f} MB (limit {LIMIT_MB:.0f}), records {row['records_mb']:.0f} MB",
                flush=True,
            )
        times = rows[PURE]["cpu_seconds"] / rows[COMPILED]["cpu_seconds"]
        print(f"    compiled {times:.2f} times as fast, bytes {'the same' if same else 'DIFFER'}")
        rates = {core: row["attempts"] / row["cpu_seconds"] for core, row in rows.items()}
        history.append("h", COMPILED, [times], rates, f"{rows[PURE]['attempts']:,.0f} attempts")


def _child(tree: Path, scale: float) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.incident", str(scale), "1"],
        cwd=tree,
        env=environment_of(tree),
        check=True,
        capture_output=True,
    )
    row: dict[str, float] = json.loads(done.stdout)
    return row


if __name__ == "__main__":
    print(json.dumps(run(float(sys.argv[1]), int(sys.argv[2]))))
