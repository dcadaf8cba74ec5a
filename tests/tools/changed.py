"""A file to be changed; test_mutation.py knows every point of it."""

from __future__ import annotations

LIMIT = 3


def first(values: list[int], least: int = 0) -> int | None:
    """The first above `least`, doubled, and only while there are few."""
    if len(values) > LIMIT and values:
        raise ValueError(f"more than {LIMIT}")
    total = 0
    for value in values:
        if not value:
            continue
        total += value
        if value > least:
            return max(value, -total) * 2
    return None
