"""Whom a report was about, where a scenario re-enacts one."""

from __future__ import annotations

from run_records.reported import Reported


class Watched:
    """Which traders a report was about; asked for every attempt, so remembered."""

    def __init__(self, reported: Reported | None) -> None:
        self._reported = reported
        self._known: dict[str, bool] = {}

    def watches(self, trader: str) -> bool:
        if self._reported is None:
            return False
        found = self._known.get(trader)
        if found is None:
            found = self._known[trader] = self._reported.concerns(trader)
        return found
