"""Rules between the parameters of a query. Each raises Refused, or says nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mock_exchange.errors import Refused
from mock_exchange.gateway.parameters.table import Values

DAY_MS: Final = 86_400_000
WEEK_MS: Final = 7 * DAY_MS
Rule = Callable[[Values, int], None]
"""(values, venue time in milliseconds)"""


def within(longest_ms: int) -> Rule:
    """-1023 start after end, -4165 longer than the endpoint allows."""

    def rule(values: Values, now_ms: int) -> None:
        start, end = values.get("startTime"), values.get("endTime")
        if start is None or end is None:
            return
        if start > end:
            raise Refused(-1023)
        if end - start > longest_ms:
            raise Refused(-4165, longest_ms // DAY_MS)

    return rule


def unless(name: str, rule: Rule) -> Rule:
    """A rule that does not matter once this parameter is there."""
    return lambda values, now_ms: None if name in values else rule(values, now_ms)


def begun(values: Values, now_ms: int) -> None:
    """-1023 for a time that starts after its end, or after now."""
    if values.get("startTime", 0) > values.get("endTime", now_ms):
        raise Refused(-1023)


def id_or_times(values: Values, now_ms: int) -> None:
    """-1128 for an id and times at once."""
    if "fromId" in values and ("startTime" in values or "endTime" in values):
        raise Refused(-1128)


def window(values: Values, longest_ms: int, now_ms: int) -> tuple[int, int]:
    """(start, end) of the time asked for, both included; the newest `longest_ms` if it is not said."""
    start, end = values.get("startTime"), values.get("endTime")
    if end is None:
        end = now_ms if start is None else start + longest_ms
    return end - longest_ms if start is None else start, end
