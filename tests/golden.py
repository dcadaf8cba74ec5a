"""Digests that hold simulation to its bytes. `make golden` rewrites them; say why in the commit.

Run as a program it prints the digests of this interpreter and environment, for comparison.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from fireexit.prepare import prepare_run
from judging.run import count_run, judge_run
from loadgen.drive.simulation import simulate_run
from loadgen.run_spec import describe_run
from run_records.run import SIM, as_json

PATH = Path(__file__).with_name("golden.json")
CASES = [
    ("mixed", "undifferentiated", 7, 5.0),
    ("mixed", "exempt", 7, 5.0),
    ("deep-gate", "strict-priority", 7, 5.0),
    ("calm", "reserved", 8, 5.0),
    ("practice", "undifferentiated", 9, 8.0),
]
REPLICATIONS = 2


def digest(scenario_name: str, policy: str, seed: int, duration_s: float) -> dict[str, str]:
    """SHA-256 of the verdict and of each kind of record over all replications."""
    spec = prepare_run(scenario_name, policy, "strict", SIM, seed, duration_s, REPLICATIONS)
    hashes = {name: hashlib.sha256() for name in ("attempts", "intents", "journal")}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        describe_run(folder, spec)
        simulate_run(spec, folder, _one_by_one, _silent)
        for kind, sha in hashes.items():
            for path in sorted(folder.glob(f"replication-*/{kind}.jsonl")):
                sha.update(path.read_bytes())
        hashes["verdict"] = hashlib.sha256(as_json(judge_run(count_run(folder))))
    return {kind: sha.hexdigest() for kind, sha in hashes.items()}


def _one_by_one(
    job: Callable[[int, Path], None], items: range, folder_of: Callable[[int], Path], progress: object
) -> None:
    for number in items:
        job(number, folder_of(number))


def _silent(share: float) -> None:
    pass


def digests() -> dict[str, dict[str, str]]:
    return {f"{case[0]}/{case[1]}/{case[2]}": digest(*case) for case in CASES}


if __name__ == "__main__":
    text = json.dumps(digests(), indent=2) + "\n"
    if "--print" in sys.argv:
        sys.stdout.write(text)
    else:
        PATH.write_text(text)
