"""Digests that hold simulation to its bytes. `make golden` rewrites them; say why in the commit.

Run as a program it prints the digests of this interpreter and environment, for comparison.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from pathlib import Path

from loadgen.contracts import load_contract
from loadgen.drive.simulation import replication_seed, simulate
from loadgen.run_folder import RunSpec, conclude, replication_folder
from loadgen.scenarios import load_scenario
from loadgen.verdict.tally import combine, tally_folder

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
    scenario = load_scenario(scenario_name)
    spec = RunSpec(scenario, policy, load_contract("strict"), seed, "sim", duration_s, REPLICATIONS)
    hashes = {name: hashlib.sha256() for name in ("attempts", "intents", "journal")}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tallies = []
        for number in range(REPLICATIONS):
            run = replication_folder(folder, number)
            simulate(scenario, policy, replication_seed(seed, number), duration_s, run)
            tallies.append(tally_folder(run, spec.terms()))
            for kind, sha in hashes.items():
                sha.update((run / f"{kind}.jsonl").read_bytes())
        conclude(folder, spec, combine(tallies), [], {"clock": "virtual"})
        verdict = hashlib.sha256((folder / "verdict.json").read_bytes())
    return {kind: sha.hexdigest() for kind, sha in hashes.items()} | {"verdict": verdict.hexdigest()}


def digests() -> dict[str, dict[str, str]]:
    return {f"{case[0]}/{case[1]}/{case[2]}": digest(*case) for case in CASES}


if __name__ == "__main__":
    text = json.dumps(digests(), indent=2) + "\n"
    if "--print" in sys.argv:
        sys.stdout.write(text)
    else:
        PATH.write_text(text)
