"""Why a small and a near-total rate are both true of one run: every definition under which each holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from judging.report.page.figures import COUNT, PLAIN, ROUND_SHARE, SHARE, Documents, name
from judging.report.page.pictures import Table

_HEAD = ("rate", "of", "counts", "per", "seen by", "numerator", "denominator", "interval")


def sides(report: dict[str, Any]) -> tuple[list[int], list[int]]:
    """Places of the rates near the small figure, nearest first, and of those near all."""
    shares = [row["share"] for row in report["rates"]]
    small = [place for place, share in enumerate(shares) if abs(share - report["small"]) <= report["near"]]
    small.sort(key=lambda place: abs(shares[place] - report["small"]))
    return small, [place for place, share in enumerate(shares) if share >= report["total"]]


def rates_view(documents: Documents) -> dict[str, Any]:
    """Two lists side by side, and all definitions below."""
    report = documents.at("report")
    small, total = sides(report)
    return {
        "title": _title(small, total),
        "window": [documents.figure(PLAIN, "report", "window_s", end) for end in (0, 1)],
        "agreement": _agreement(small, total, empty=not report["rates"]),
        "tiles": [_tile(documents, place) for place in _pair(report["rates"], small, total)],
        "spoken_of": documents.figure(ROUND_SHARE, "report", "small"),
        "near": documents.figure(ROUND_SHARE, "report", "near"),
        "whole": documents.figure(ROUND_SHARE, "report", "total"),
        "small": _list(documents, small, "near the small figure"),
        "total": _list(documents, total, "near all"),
        "every": _list(documents, range(len(report["rates"])), "all definitions"),
        "several": report["replications"] > 1,
        "confidence": documents.figure(ROUND_SHARE, "report", "confidence"),
    }


def _title(small: list[int], total: list[int]) -> str:
    both = small and total
    return "Why a small and a near-total rate are both true here" if both else "One run, many rates"


def _pair(rates: list[dict[str, Any]], small: list[int], total: list[int]) -> tuple[int, ...]:
    """One figure of each side, of the same orders if there are such, to be remembered."""
    pairs = [(one, other) for one in small for other in total]
    alike = [
        (one, other)
        for one, other in pairs
        if all(rates[one][key] == rates[other][key] for key in ("class", "vantage", "per"))
    ]
    found = alike or pairs
    return found[0] if found else ()


def _tile(documents: Documents, place: int) -> dict[str, Any]:
    path = ("report", "rates", place)
    row = documents.at(*path)
    return {
        "share": documents.figure(SHARE, *path, "share"),
        "counted": documents.counted(*path),
        **{key: name(row[key]) for key in ("class", "counts", "per", "vantage")},
    }


def _agreement(small: list[int], total: list[int], *, empty: bool) -> str:
    if empty:
        return "The run ended before this window began."
    if small and total:
        return "Both figures are true of it: here is every definition under which each holds."
    if small:
        return "No definition comes near all of them."
    return "No definition comes near the small figure." if total else "No definition gives either figure."


def _list(documents: Documents, places: Iterable[int], caption: str) -> Table | None:
    rows = [_row(documents, place) for place in places]
    return Table(f"rates {caption}", _HEAD, rows, frozenset((0, 5, 6, 7))) if rows else None


def _row(documents: Documents, place: int) -> list[str]:
    path = ("report", "rates", place)
    row = documents.at(*path)
    no_interval = "one run" if documents.at("report", "replications") > 1 else "census"
    return [
        documents.figure(SHARE, *path, "share"),
        name(row["class"]),
        name(row["counts"]),
        name(row["per"]),
        name(row["vantage"]),
        documents.figure(COUNT, *path, "numerator"),
        documents.figure(COUNT, *path, "denominator"),
        documents.interval(*path, "interval") or no_interval,
    ]
