"""Every attempt of one trader to get smaller, one after the other."""

from __future__ import annotations

from typing import Any

from mock_exchange.clock import NS_PER_S

MOST_MARKS = 2000


class Strips:
    """Of those that a report is about if there are any, else of all, the trader who tried most often is
    shown."""

    def __init__(self) -> None:
        self._attempts: dict[tuple[bool, str], list[tuple[int, int]]] = {}

    def count(self, trader: str, watched: bool, intended: int, code: int) -> None:
        """One attempt to reduce."""
        self._attempts.setdefault((watched, trader), []).append((intended, code))

    def document(self) -> dict[str, Any] | None:
        """Pairs of (seconds, code) in order of time; None if nobody tried to reduce."""
        if not self._attempts:
            return None
        key = min(self._attempts, key=lambda item: (not item[0], -len(self._attempts[item]), item[1]))
        attempts = sorted(self._attempts[key])
        return {
            "trader": key[1],
            "attempts": len(attempts),
            "accepted": sum(code == 0 for _, code in attempts),
            "marks": [[round(at / NS_PER_S, 3), code] for at, code in attempts[:MOST_MARKS]],
        }
