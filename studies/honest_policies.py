"""Policies that keep the exit open, judged two hundred times each: how often does `strict` say so?

    python -m studies.honest_policies [SEEDS]

Resumable: what has been judged is in runs/soak/honest.jsonl. The summary goes to docs/proof/honest.json.
"""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

from fireexit.bake_off import run_bake_off
from judging.rarest import exact_share
from studies.proof import Campaign

POLICIES = ["exempt", "reserved", "codel", "fire-exit"]
SCENARIO, CONTRACT, REPLICATIONS = "mixed", "strict", 20
SEEDS = 200
FIRST = 1_000


def verdicts(seed: int) -> dict[str, str]:
    """Of each policy on the scenario, at the number of replications that a check makes."""
    found = run_bake_off(POLICIES, [SCENARIO], CONTRACT, seed, REPLICATIONS)
    return {policy: found.cells[policy, SCENARIO].result for policy in POLICIES}


def summary(rows: list[dict[str, Any]]) -> dict[str, object]:
    """How often each result, with the exact 95 % interval of the share that holds."""
    counted = {policy: Counter(row["results"][policy] for row in rows) for policy in POLICIES}
    return {
        "scenario": SCENARIO,
        "contract": CONTRACT,
        "replications": REPLICATIONS,
        "verdicts": len(rows),
        "results": {policy: dict(sorted(counts.items())) for policy, counts in counted.items()},
        "holds": {policy: _interval(counts["holds"], len(rows)) for policy, counts in counted.items()},
    }


def _interval(holding: int, verdicts: int) -> list[float]:
    share = exact_share(holding, verdicts, 0.05)
    return [round(share.low, 4), round(share.high, 4)]


def main(seeds: int = SEEDS) -> None:
    """Judge what is left."""
    campaign = Campaign("honest", "honest_policies")
    for seed in range(FIRST + len(campaign.rows), FIRST + seeds):
        campaign.add(seed=seed, results=verdicts(seed))
    campaign.told(summary)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS)
