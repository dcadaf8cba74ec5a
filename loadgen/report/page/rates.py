"""Why a small and a near-total rate are both true of one run: every definition under which each holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from loadgen.report.page.markup import COUNT, PLAIN, ROUND_SHARE, SHARE, Documents, details, name, table

_HEAD = ("rate", "of", "counts", "per", "seen by", "numerator", "denominator", "interval")


def sides(report: dict[str, Any]) -> tuple[list[int], list[int]]:
    """Places of the rates near the small figure, nearest first, and of those near all."""
    shares = [row["share"] for row in report["rates"]]
    small = [place for place, share in enumerate(shares) if abs(share - report["small"]) <= report["near"]]
    small.sort(key=lambda place: abs(shares[place] - report["small"]))
    return small, [place for place, share in enumerate(shares) if share >= report["total"]]


def both_true(documents: Documents) -> str:
    """Two lists side by side, and all definitions below."""
    report = documents.at("report")
    rates: list[dict[str, Any]] = report["rates"]
    small, total = sides(report)
    spoken_of = documents.figure(ROUND_SHARE, "report", "small")
    whole = documents.figure(ROUND_SHARE, "report", "total")
    window = " s to ".join(documents.figure(PLAIN, "report", "window_s", end) for end in (0, 1))
    told = (
        "<p>“The rejection rate” is no figure until one says who counts, which orders, what counts as a "
        f"rejection, and per what. All rates here are of one window ({window} s of the run). "
        f"{_agreement(small, total, empty=not rates)}</p>"
    )
    return (
        told
        + _tiles(documents, small, total)
        + '<div class="sides"><div>'
        + f"<h3>About {spoken_of} ({_near(documents)})</h3>"
        + f"{_list(documents, small, 'near the small figure')}</div><div>"
        + f"<h3>{whole} and more</h3>{_list(documents, total, 'near all')}</div></div>"
        + details("All definitions", _list(documents, range(len(rates)), "all definitions"))
        + f"<p>{_census(documents)} Notional is quantity times the symbol’s first mark price, in USDT.</p>"
    )


def _tiles(documents: Documents, small: list[int], total: list[int]) -> str:
    """One figure of each side, of the same orders if there are such, large enough to be remembered."""
    rates = documents.at("report", "rates")
    pairs = [(one, other) for one in small for other in total]
    if not pairs:
        return ""
    alike = [
        (one, other)
        for one, other in pairs
        if all(rates[one][key] == rates[other][key] for key in ("class", "vantage", "per"))
    ]
    return (
        '<div class="tiles">' + "".join(_tile(documents, place) for place in (alike or pairs)[0]) + "</div>"
    )


def _tile(documents: Documents, place: int) -> str:
    path = ("report", "rates", place)
    row = documents.at(*path)
    counted = " of ".join(documents.figure(COUNT, *path, key) for key in ("numerator", "denominator"))
    return (
        f'<p class="tile"><span class="large">{documents.figure(SHARE, *path, "share")}</span> '
        f"of {name(row['class'])}, counting: {name(row['counts'])}. "
        f"{counted} {name(row['per'])}, seen by {name(row['vantage'])}.</p>"
    )


def _near(documents: Documents) -> str:
    return f"within {documents.figure(ROUND_SHARE, 'report', 'near')}"


def _agreement(small: list[int], total: list[int], *, empty: bool) -> str:
    if empty:
        return "The run ended before this window began."
    if small and total:
        return "Both figures are true of it: here is every definition under which each holds."
    if small:
        return "No definition comes near all of them."
    return "No definition comes near the small figure." if total else "No definition gives either figure."


def _census(documents: Documents) -> str:
    if documents.at("report", "replications") > 1:
        return (
            "Numerators and denominators are summed over all replications; intervals are over "
            "replications, at "
            f"{documents.figure(ROUND_SHARE, 'report', 'confidence')} confidence each."
        )
    return "These are counts of this one run, complete: a census has no interval."


def _no_interval(documents: Documents) -> str:
    return "one run" if documents.at("report", "replications") > 1 else "census"


def _list(documents: Documents, places: Iterable[int], caption: str) -> str:
    rows = [_row(documents, place) for place in places]
    return table(_HEAD, rows, f"rates {caption}", numbers=(0, 5, 6, 7)) if rows else "<p>None.</p>"


def _row(documents: Documents, place: int) -> list[str]:
    path = ("report", "rates", place)
    row = documents.at(*path)
    return [
        documents.figure(SHARE, *path, "share"), name(row["class"]), name(row["counts"]), name(row["per"]),
        name(row["vantage"]), documents.figure(COUNT, *path, "numerator"),
        documents.figure(COUNT, *path, "denominator"),
        documents.interval(*path, "interval") or _no_interval(documents),
    ]  # fmt: skip
