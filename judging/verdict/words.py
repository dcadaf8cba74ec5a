"""The words of a verdict."""

from __future__ import annotations

from enum import StrEnum


class Result(StrEnum):
    """Of a clause, of a reading, of a run."""

    HOLDS = "holds"
    BROKEN = "broken"
    INCONCLUSIVE = "inconclusive"
    NOT_ASKED = "not asked"
    """The scenario does not pose the question; the clause counts neither way."""


HOLDS, BROKEN, INCONCLUSIVE, NOT_ASKED = Result
BEST_FIRST = (HOLDS, INCONCLUSIVE, BROKEN, NOT_ASKED)
"""Of several readings of a promise the first of these decides: one that is not asked decides nothing."""
EXIT_STATUS: dict[str, int] = {HOLDS: 0, BROKEN: 1, INCONCLUSIVE: 3}
