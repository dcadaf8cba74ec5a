"""What a picture on a page is made of: the drawing, its caption, and the same in figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, the first a heading of its row. `numbers` are the columns that are set flush right."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: frozenset[int] = frozenset()
    klass: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """Every step of a picture over time in figures: columns are (label, place in the report's `first`)."""

    columns: list[tuple[str, str]]
    steps: list[str]
    """How each step is called."""
    cells: list[list[str]]


@dataclass(frozen=True, slots=True)
class Picture:
    """`figures` are folded under it, `series` besides move with pointer and keys."""

    title: str
    drawing: Markup
    told: str
    """The caption, beside the title."""
    figures: Table | None = None
    summary: str = "The same in figures"
    series: Series | None = None
    left: float = 0
    width: float = 0
    folded: bool = True
    beware: Sequence[str] = ()
    """What makes it hard to compare what it shows."""
