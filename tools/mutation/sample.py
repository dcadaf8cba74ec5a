"""Which points are tried: some of each house by a seed, and all of the functions that money, admission and
judgement hang on."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

from tools.mutation.points import Point, points_of

HOUSES = {
    "engine": ("mock_exchange/engine",),
    "gateway": ("mock_exchange/gateway",),
    "judging": ("judging",),
}
CRITICAL = {
    "money": (
        "mock_exchange/engine/accounts.py",
        "mock_exchange/engine/risk.py",
        "mock_exchange/engine/liquidation.py",
        "mock_exchange/engine/funding.py",
        "run_records/scaled.py",
    ),
    "admission": (
        "mock_exchange/gateway/entry.py",
        "mock_exchange/gateway/limits.py",
        "mock_exchange/gateway/knowledge.py",
        "mock_exchange/gateway/nodes.py",
    ),
    "judgement": ("judging/verdict", "judging/measures", "judging/statistics.py", "judging/clause.py"),
}
SIZE = 300
"""Points of each house, at least."""


def drawn(root: Path, seed: int, size: int = SIZE) -> dict[str, list[Point]]:
    """`size` points of each house, in an order that the seed fixes: a part of it from the front is a sample,
    too."""
    chosen = {}
    for house, places in HOUSES.items():
        points = points_in(root, places)
        random.Random(f"{house}/{seed}").shuffle(points)
        chosen[house] = points[:size]
    return chosen


def critical(root: Path) -> dict[str, list[Point]]:
    """Every point of the functions that must not be wrong."""
    return {name: points_in(root, places) for name, places in CRITICAL.items()}


def controls(root: Path, seed: int, size: int) -> dict[str, list[Point]]:
    """Points of the sample that change nothing: whoever notices one is wrong, and so is the whole
    campaign."""
    return {
        house: [point.unchanged((root / point.file).read_bytes()) for point in points]
        for house, points in drawn(root, seed, size).items()
    }


def points_in(root: Path, places: Iterable[str]) -> list[Point]:
    """Every point below some folders and files, in the order of the files."""
    points = []
    for place in places:
        path = root / place
        files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        points += [point for file in files for point in points_of(root, file)]
    return points
