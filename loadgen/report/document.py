"""The report as a document: `report.json`, what the page shows and a reader can recompute."""

from __future__ import annotations

from collections import Counter
from typing import Any

from loadgen.scenarios import Scenario
from loadgen.verdict.breakdown import Breakdown, Ending
from loadgen.verdict.rates import NOTIONAL, Row
from loadgen.verdict.statistics import share_interval, total
from mock_exchange.clock import NS_PER_S
from mock_exchange.scaled import MONEY_UNIT

SCHEMA = "fireexit.report/1"
SMALL, NEAR, TOTAL = 0.10, 0.025, 0.95
"""A rate is small if it is so near to what was spoken of (10 % of the incident), total from there on."""
DIGITS = 6


def report_document(
    scenario: Scenario,
    breakdowns: list[Breakdown],
    dissected: dict[str, Any],
    confidence: float,
) -> dict[str, Any]:
    """Rates and endings of all replications; everything else of the first, or of the run over sockets.
    Shares are fractions of one with an interval over replications where there are several."""
    first = breakdowns[0]
    spoken_of = scenario.reported.provider_share if scenario.reported is not None else SMALL
    return {
        "schema": SCHEMA,
        "replications": len(breakdowns),
        "confidence": confidence,
        "window_s": [first.from_ns / NS_PER_S, first.to_ns / NS_PER_S],
        "small": spoken_of,
        "near": NEAR,
        "total": TOTAL,
        "rates": rate_rows(breakdowns, 1 - confidence),
        "endings": _endings(breakdowns),
        "first": dissected,
    }


def rate_rows(breakdowns: list[Breakdown], alpha: float) -> list[dict[str, Any]]:
    """Every rate, highest first. Notional is in whole USDT, its share from the exact amounts."""
    table: dict[Row, list[Row]] = {}
    for breakdown in breakdowns:
        for row in breakdown.rates.rows():
            table.setdefault(row._replace(pair=(0, 0), orders=0), []).append(row)
    rows = [_rate(row, runs, alpha) for row, runs in table.items()]
    return sorted(
        rows, key=lambda row: (-row["share"], row["vantage"], row["class"], row["counts"], row["per"])
    )


def _rate(row: Row, runs: list[Row], alpha: float) -> dict[str, Any]:
    part, whole = total([run.pair for run in runs])
    unit = MONEY_UNIT if row.per == NOTIONAL else 1
    interval = share_interval(_observations(runs, whole), alpha) if len(runs) > 1 else None
    return {
        "vantage": row.vantage,
        "class": row.klass,
        "counts": row.counts,
        "per": row.per,
        "numerator": part // unit,
        "denominator": whole // unit,
        "share": round(part / whole, DIGITS),
        "interval": interval and [round(interval.low, DIGITS), round(interval.high, DIGITS)],
    }


def _observations(runs: list[Row], whole: int) -> list[tuple[float, float]]:
    """What an interval rests on: the pairs themselves, or notional as if it were that of equal orders."""
    orders = sum(run.orders for run in runs)
    each = orders / whole if orders else 1.0
    return [(run.pair[0] * each, run.pair[1] * each) for run in runs]


def _in_order(item: tuple[Ending, int]) -> tuple[Any, ...]:
    klass, stage, answered, seen, executed = item[0]
    return klass, stage, answered or 0, seen, executed


def _endings(breakdowns: list[Breakdown]) -> list[dict[str, Any]]:
    whole: Counter[Ending] = Counter()
    for breakdown in breakdowns:
        whole.update(breakdown.endings)
    return [
        {
            "class": klass,
            "stage": stage,
            "answered": answered,
            "seen": seen,
            "executed": executed,
            "attempts": count,
        }
        for (klass, stage, answered, seen, executed), count in sorted(whole.items(), key=_in_order)
    ]
