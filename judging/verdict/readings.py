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


def sentences(document: dict[str, Any]) -> list[str]:
    """A line for each reading."""
    return [f"read as {row['name']} ({row['means']}): {row['result']}" for row in document["readings"]]
