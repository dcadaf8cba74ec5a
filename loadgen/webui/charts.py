"""What the charts page draws: differences between the moments of a run's history."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from loadgen.live.run import LiveRun
from loadgen.webui.rows import rows
from run_records.words import CANCEL, OPENING, REDUCING

MOST_POINTS = 600
LEAST_STEP_S = 0.2
"""Moments closer than that say nothing of a rate."""


def chart_data(run: LiveRun | None) -> dict[str, Any]:
    """Series by second: shares are of what the venue had to accept, null where nothing was answered."""
    if run is None:
        return {"state": "no data", "title": {}, "seconds": [], "series": {}, "rows": []}
    moments = list(run.history)[-MOST_POINTS:]
    pairs = [
        (before, after)
        for before, after in pairwise(moments)
        if after.seconds - before.seconds >= LEAST_STEP_S and after.seconds <= run.duration_s
    ]
    series: dict[str, list[float | None]] = {
        f"accepted {klass}": [
            _share(before.attempts[klass], after.attempts[klass]) for before, after in pairs
        ]
        for klass in (REDUCING, OPENING, CANCEL)
    }
    series["offered/s"] = [
        (after.offered - before.offered) / (after.seconds - before.seconds) for before, after in pairs
    ]
    series["intents outstanding"] = [float(after.outstanding) for _, after in pairs]
    return {
        "state": run.exit_state(),
        "result": run.document["result"] if run.document else None,
        "title": run.title,
        "duration": run.duration_s,
        "seconds": [after.seconds for _, after in pairs],
        "series": series,
        "rows": rows(run),
    }


def _share(before: tuple[int, int, int], after: tuple[int, int, int]) -> float | None:
    counted = after[1] - before[1]
    return (after[0] - before[0]) / counted if counted else None
