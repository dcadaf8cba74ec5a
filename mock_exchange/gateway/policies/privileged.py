"""`privileged`: who sends counts, not whether risk shrinks. Listed accounts skip the gate."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from mock_exchange.gateway.attempt import Attempt
from mock_exchange.gateway.nodes import Node
from mock_exchange.gateway.policies.base import ADMIT, SHED


class Privileged:
    """Listed accounts: admit always, and first in the engine queue. All others: admit iff n < c.

    Parameters: `accounts`, patterns of names with * and ?; by default makers and the first account of
    every group of traders. A yardstick for the parity of accounts: reducing orders of two accounts with
    the same need fare differently.

    Source: accounts exempt from automatic liquidation and deleveraging in an earlier case at another venue.

    >>> from mock_exchange.tryout import TryOut
    >>> gate = TryOut(Privileged(accounts=["a1"]), slots=1, accounts=2, position="1")
    >>> gate.opening(), gate.reducing("0.1"), gate.reducing("0.1", account=1)
    ('admitted', 'shed', 'admitted')
    """

    def __init__(self, accounts: Sequence[str] = ("makers-*", "*.1")) -> None:
        if isinstance(accounts, str) or not all(isinstance(pattern, str) for pattern in accounts):
            raise ValueError("accounts must be a list of names")
        self.accounts = tuple(accounts)
        self._listed: dict[int, bool] = {}

    def admit(self, attempt: Attempt, node: Node) -> int:
        return ADMIT if node.in_flight < node.slots or self._skips(attempt) else SHED

    def priority(self, attempt: Attempt) -> int:
        return 0 if self._skips(attempt) else 1

    def _skips(self, attempt: Attempt) -> bool:
        number = attempt.account.number
        listed = self._listed.get(number)
        if listed is None:
            name = attempt.account.name
            listed = self._listed[number] = any(fnmatchcase(name, pattern) for pattern in self.accounts)
        return listed
