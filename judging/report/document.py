"""The report as a document: `report.json`, what the page shows and a reader can recompute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from judging.counting.breakdown import Breakdown, Ending
from judging.counting.rates import NOTIONAL, Row, codes_of, in_order
from judging.statistics import share_interval, total
from run_records.scaled import MONEY_UNIT
from run_records.schemas import schema_name
from run_records.units import NS_PER_S

KIND = "report"
SMALL, NEAR, TOTAL = 0.10, 0.025, 0.95
"""A rate is small if it is so near to what was spoken of (10 % of the incident), total from there on."""
DIGITS = 6


def report_document(
    spoken_of: float | None,
    breakdowns: list[Breakdown],
    dissected: dict[str, Any],
    confidence: float,
    code_names: Mapping[str, str],
) -> dict[str, Any]:
    """Rates and endings of all replications; everything else of the first, or of the run over sockets.
    Shares are fractions of one with an interval over replications where there are several. `spoken_of` is the
    small rate that a report of the real incident spoke of, if there is one."""
    first = breakdowns[0]
    return {
        "schema": schema_name(KIND),
        "replications": len(breakdowns),
        "code_names": dict(code_names),
        "confidence": confidence,
        "window_s": [first.from_ns / NS_PER_S, first.to_ns / NS_PER_S],
        "small": SMALL if spoken_of is None else spoken_of,
        "near": NEAR,
        "total": TOTAL,
        "rates": rate_rows(breakdowns, 1 - confidence),
        "endings": _endings(breakdowns),
        "first": dissected,
    }


def rate_rows(breakdowns: list[Breakdown], alpha: float) -> list[dict[str, Any]]:
    """Every rate, highest first. Notional is in whole USDT, its share from the exact amounts."""
    table: dict[Row, list[Row]] = {}
    codes = codes_of([breakdown.rates for breakdown in breakdowns])
    for breakdown in breakdowns:
        for row in breakdown.rates.rows(codes):
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
    return klass, stage, in_order(answered or 0), in_order(seen), executed


def _endings(breakdowns: list[Breakdown]) -> list[dict[str, Any]]:
    whole: Counter[Ending] = Counter()
    for breakdown in breakdowns:
        whole.update(breakdown.endings)
    return [
        {
            "class": str(klass),
            "stage": str(stage),
            "answered": answered,
            "seen": seen,
            "executed": executed,
            "attempts": count,
        }
        for (klass, stage, answered, seen, executed), count in sorted(whole.items(), key=_in_order)
    ]
