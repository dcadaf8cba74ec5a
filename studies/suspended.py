"""Runs over sockets in which somebody stops one of the processes for a while, each with an undisturbed twin:
does the verdict ever say what is not so?

    python -m studies.suspended [RUNS]

Resumable: what has been run is in runs/soak/suspended.jsonl. The summary goes to docs/proof/suspended.json.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from studies.processes import LOADER, family, member
from studies.proof import ROOT, Campaign

SEED = 20261127
RUNS = 100
SCENARIO = """\
schema = "fireexit.scenario/1"
name = "mixed-20"
summary = "the scenario mixed for 20 seconds"
extends = "mixed"
duration_s = 20
"""
TRUTHS = {"exempt": "holds", "undifferentiated": "broken"}
"""What an undisturbed run of enough length finds, and what no run may contradict."""
_OPPOSITE = {"holds": "broken", "broken": "holds"}
_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Plan:
    """One run, drawn from the seed before it begins."""

    number: int
    policy: str
    workers: int
    victim: str
    """Which process: `command`, `exchange`, `loader` (the only sender), `master` or `worker`."""
    moment_s: float
    """After the command was started."""
    stopped_s: float


def plan(number: int) -> Plan:
    """Drawn from the seed and the number alone."""
    draw = Random(f"{SEED}/{number}")
    workers = draw.choice((1, 2))
    victims = ("exchange", "loader", "command") if workers == 1 else ("exchange", "master", "worker")
    policy = sorted(TRUTHS)[number % len(TRUTHS)]
    return Plan(
        number,
        policy,
        workers,
        draw.choice(victims),
        round(draw.uniform(2, 22), 3),
        round(0.3 * (5 / 0.3) ** draw.random(), 3),
    )


def run(plan: Plan, *, disturbed: bool) -> dict[str, object]:
    """Run it; what came of it. `stopped` is whether there was such a process at that moment."""
    with TemporaryDirectory(prefix="fireexit-") as name:
        scenario, out = Path(name, "mixed-20.toml"), Path(name, "run")
        scenario.write_text(SCENARIO)
        command = [sys.executable, "-m", "fireexit", "check", "--mode", "load", "--policy", plan.policy]
        command += ["--scenario", str(scenario), "--seed", str(SEED + plan.number)]
        command += ["--workers", str(plan.workers), "--out", str(out)]
        child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        stopped = disturbed and _stop_for_a_while(child, plan)
        try:
            text = child.communicate(timeout=3 * _MINUTE)[0].decode(errors="replace")
        except subprocess.TimeoutExpired:
            child.kill()
            return {"stopped": stopped, "status": "hung", "result": "none", "reasons": []}
        found: dict[str, object] = {"stopped": stopped, "status": child.returncode, "result": "none"}
        if "Traceback" in text:
            found["status"] = "traceback"
        with suppress(OSError, ValueError):
            verdict = json.loads((out / "verdict.json").read_text())
            found |= {"result": verdict["result"], "reasons": verdict["reasons"][:3]}
        return found


def _stop_for_a_while(child: subprocess.Popen[bytes], plan: Plan) -> bool:
    time.sleep(plan.moment_s)
    victim = member(family(child.pid), LOADER if plan.victim == "master" else plan.victim)
    if victim is None:
        return False
    with suppress(psutil.NoSuchProcess):
        victim.suspend()
        time.sleep(plan.stopped_s)
        victim.resume()
        return True
    return False


def summary(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """What the runs so far amount to."""
    return {
        "of_processes": "command, exchange, loader, master or worker stopped once, for 0.3 to 5 s",
        **{name: _counted(lines, name) for name in ("disturbed", "undisturbed")},
    }


def _counted(lines: list[dict[str, Any]], name: str) -> dict[str, int]:
    found: dict[str, int] = {"runs": 0, "right": 0, "undecided": 0, "wrong": 0, "failed": 0}
    for line in lines:
        policy, came = str(line["policy"]), line[name]
        if name == "disturbed" and not came["stopped"]:
            continue
        result, truth = came["result"], TRUTHS[policy]
        found["runs"] += 1
        if came["status"] not in (0, 1, 3):
            found["failed"] += 1
        elif result == truth:
            found["right"] += 1
        else:
            found["wrong" if result == _OPPOSITE[truth] else "undecided"] += 1
    return found


def main(runs: int = RUNS) -> int:
    """Run what is left. 1 if a verdict was wrong or a command failed."""
    campaign = Campaign("suspended")
    for number in range(len(campaign.rows), runs):
        planned = plan(number)
        came = {name: run(planned, disturbed=name == "disturbed") for name in ("disturbed", "undisturbed")}
        campaign.add(**asdict(planned), **came)
    found = campaign.told(summary)
    return 1 if found["disturbed"]["wrong"] or found["disturbed"]["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS))
