"""Figures beside the clauses: what a policy costs, in numbers that need no threshold."""

from __future__ import annotations

import statistics
from typing import Any

from judging.counting.sample import Pair, Sample
from judging.counting.tally import Tally
from run_records.words import Group

NORMAL_SHARE = 0.95
NORMAL_SECONDS = 3
"""Back to normal: the first of so many seconds in a row with that share of openings accepted."""


def figures(tally: Tally) -> dict[str, float | None]:
    """All as fractions of one, but `recovery_s` (seconds, median over replications; None where half of them
    or more never recover, or the load never falls).

    `goodput`: part of the capacity under excess demand that went into answers that counted. `wasted`: part of
    all engine time that went into anything else. `starved`: part of the moments in which no opening got
    in. `leak`: part of feigned attempts that got a slot; `leak_over_openings`: how much more than honest
    openings."""
    whole = tally.merged()
    feigned, honest = (_ratio(whole.past_gate.get(name, (0, 0))) for name in (Group.FEIGNED, Group.OPENING))
    useful = _ratio(whole.engine_ns)
    return {
        "goodput": _ratio(whole.work),
        "wasted": None if useful is None else 1 - useful,
        "starved": _ratio(whole.opening_moments),
        "leak": feigned,
        "leak_over_openings": feigned - honest if feigned is not None and honest is not None else None,
        "recovery_s": _recovery(tally),
    }


def _ratio(pair: Pair) -> float | None:
    return pair[0] / pair[1] if pair[1] else None


def _recovery(tally: Tally) -> float | None:
    if not tally.recovers:
        return None
    # Parts of one run see a fall once between them; replications see it once each.
    runs = [tally.merged()] if tally.batched else tally.samples
    times = [_recovered_after(sample) for sample in runs if sample.after_fall]
    if not times:
        return None
    middle = statistics.median_high(times)
    return None if middle == float("inf") else middle


def _recovered_after(sample: Sample) -> float:
    normal = [asked > 0 and accepted >= NORMAL_SHARE * asked for accepted, asked in sample.after_fall]
    for second in range(len(normal) - NORMAL_SECONDS + 1):
        if all(normal[second : second + NORMAL_SECONDS]):
            return float(second)
    return float("inf")


def rounded(values: dict[str, Any], digits: int) -> dict[str, Any]:
    return {name: None if value is None else round(value, digits) for name, value in values.items()}
