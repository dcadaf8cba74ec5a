"""Of a promise that can be read in several ways: which clauses belong to a reading that does not decide."""

from __future__ import annotations

from typing import Any

from judging.verdict.words import BEST_FIRST


def deciding(document: dict[str, Any]) -> dict[str, Any] | None:
    """The reading in which the promise fares best; None if there is but one way to read it."""
    return min(document["readings"], key=lambda row: BEST_FIRST.index(row["result"]), default=None)


def is_outvoted(document: dict[str, Any], clause: dict[str, Any]) -> bool:
    """Whether the clause belongs to a reading that fares worse than the one that decides."""
    best = deciding(document)
    if best is None or "reading" not in clause:
        return False
    results = {row["name"]: row["result"] for row in document["readings"]}
    return bool(results[clause["reading"]] != best["result"])


def weakest(document: dict[str, Any]) -> int | None:
    """The number of the clause that leaves most open about whole runs; None where the contract does not hold,
    or asks for nothing but censuses."""
    if document["result"] != "holds":
        return None
    ruled_out = {
        number: float(clause["rarest"]["ruled_out"])
        for number, clause in enumerate(document["clauses"])
        if "rarest" in clause and clause["result"] == "holds" and not is_outvoted(document, clause)
    }
    return max(ruled_out, key=lambda number: ruled_out[number], default=None)


def left_open(document: dict[str, Any]) -> str:
    """What a verdict that holds leaves open about whole runs; empty where it says nothing of them."""
    number = weakest(document)
    if number is None:
        return ""
    row = document["clauses"][number]["rarest"]
    return (
        f"in {row['of'] - row['fell_short']} of {row['of']} {row['units']}, which rules out failures in more "
        f"than {row['ruled_out']:.1%} of them"
    )


def sentences(document: dict[str, Any]) -> list[str]:
    """A line for each reading."""
    return [f"read as {row['name']} ({row['means']}): {row['result']}" for row in document["readings"]]
