"""`privileged`: who sends counts, not whether risk shrinks. Listed accounts skip the gate."""

from __future__ import annotations

from collections.abc import Sequence

from mock_exchange.gateway.policies.messages import Decision, NodeView, Request, World


class Privileged:
    """Listed accounts: admit always, and first in the engine queue. All others: admit iff n < c.

    Parameters: `accounts`, numbers of accounts; if it is left out, those that the venue itself lists as
    privileged (`privileged` in a scenario's `[venue]`). A yardstick for the parity of accounts: reducing
    orders of two accounts with the same need fare differently.

    Source: accounts exempt from automatic liquidation and deleveraging in an earlier case at another venue.

    >>> from mock_exchange.tryout import TryOut
    >>> gate = TryOut(Privileged(), slots=1, accounts=2, privileged=["a1"], position="1")
    >>> gate.opening(), gate.reducing("0.1"), gate.reducing("0.1", account=1)
    ('admitted', 'shed', 'admitted')
    """

    def __init__(self, accounts: Sequence[int] = ()) -> None:
        if not all(type(number) is int for number in accounts):
            raise ValueError("accounts must be numbers; names belong into the scenario: privileged = [...]")
        self._own_list = frozenset(accounts)
        self._listed = self._own_list

    def attach(self, world: World) -> None:
        self._listed = self._own_list or frozenset(world.privileged)

    def admit(self, request: Request, node: NodeView) -> Decision:
        if request.account in self._listed:
            return _SKIPS
        return _WAITS if node.in_flight < node.slots else _SHED


_SKIPS = Decision("admit", priority=0)
_WAITS, _SHED = Decision("admit", priority=1), Decision("shed", priority=1)
