"""What is measured, and what was aimed at."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from benchmarks.history import COMPILED, PURE, Entry

CONSUMERS = 100
ADAPTIVE = ("dagor", "adaptive", "codel", "fair", "fire-exit", "partitions", "budgeted-lane")
"""Policies that keep or look up state at each decision; the others compare two numbers."""


class Target(NamedTuple):
    """Of one measure: at least so much in plain Python, and with a compiled core; None where nothing is aimed
    at. `at_most` turns both around, and `but` has others for some of several with one letter."""

    what: str
    pure: float | None
    compiled: float | None = None
    at_most: bool = False
    but: Mapping[str, float] = MappingProxyType({})

    def aim(self, core: str, what: str = "") -> float | None:
        return self.but.get(what, self.compiled if core == COMPILED else self.pure)

    def is_met(self, entry: Entry) -> bool:
        """Also where nothing was aimed at."""
        aim = self.aim(entry.core, entry.what)
        return aim is None or (entry.ratio <= aim if self.at_most else entry.ratio >= aim)

    def words(self, entry: Entry) -> str:
        aim = self.aim(entry.core, entry.what)
        return "" if aim is None else f"{'≤' if self.at_most else '≥'} {aim:g}"


TARGETS = {
    "a": Target("a signed order through the whole exchange ÷ a plain aiohttp handler", 1.0, 1.2),
    "b": Target("a shed answer (all stages up to admission) ÷ the same", 2.2, 2.5),
    "c": Target("the open-loop driver ÷ FastHttpUser, signed orders", 2.5, 2.5),
    "d": Target("simulated attempts ÷ events of a bare loop of heap and generators", 0.020, 0.045),
    "e": Target(
        "the engine alone: cost of an order at ten times the orders and accounts ÷ before",
        1.3,
        at_most=True,
        but={"100,000 to 1,000,000": 3.0},
    ),
    "f": Target(f"order entry beside {CONSUMERS} stream consumers ÷ without", 0.8),
    "g": Target(
        "a policy's decision ÷ that of `undifferentiated`",
        2.0,
        at_most=True,
        but=dict.fromkeys(ADAPTIVE, 5.0),
    ),
    "h": Target("the incident with a compiled core ÷ in plain Python, attempts per second", None, 2.2),
    "i": Target("an exchange scraped once a second ÷ unseen", 0.98),
    "j": Target("the engine alone ÷ a public order book in plain Python, messages per second", None),
    "l": Target("`fireexit --help` ÷ `python -c 'import typer, rich'`", 1.5, at_most=True),
}
CORES = {PURE: "plain Python", COMPILED: "compiled"}
"""What a core is called on a page."""
