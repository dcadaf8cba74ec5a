"""One requirement of a contract, as plain data: a measure, a threshold, and the least sample that may decide
it."""

from __future__ import annotations

import msgspec

RUN, SCENARIO = "run", "scenario"
"""What a clause speaks of: this run, counted completely, or what the scenario yields over repetitions."""


class Clause(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """As a contract file states it. What a measure needs of these is said by the measure
    (`judging/measures`)."""

    id: str
    measure: str
    group: str = ""
    against: str = ""
    """The group it is held against."""
    code: str = ""
    """The venue's code that a promise names; empty for any refusal for want of capacity."""
    factor: float = 0.0
    seconds: float = 0.0
    at_least: float | None = None
    at_most: float | None = None
    minimum: int = 100
    rarest: float | None = None
    """The largest share of whole runs in which the clause may fail unnoticed; None: what the mode rules out
    by itself (`judging/rarest.py`)."""
    vantage: str = ""
    speaks_of: str = ""
    reading: str = ""
    """One of the contract's readings, if the clause belongs to one way to understand the promise."""

    @property
    def is_census(self) -> bool:
        return self.speaks_of == RUN

    @property
    def threshold(self) -> tuple[float, int]:
        """(threshold, sign): a value meets the clause if sign · value ≥ sign · threshold."""
        if self.at_least is not None:
            return self.at_least, 1
        assert self.at_most is not None, "a census has no threshold"
        return self.at_most, -1
